"""Variables told without a table (pure): points that begin with a name, and blocks written like an `.env` file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bootstrap.importer.markdown.blocks import Block, Code, Listing, Table
from bootstrap.importer.parsed import VariableRow
from bootstrap.importer.parser.variable_tables import is_variable_table, read_variables
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, is_secret, plain

_POINT = re.compile(r"`?(?P<name>[A-Z][A-Z0-9_]*)`?\s*(?:[:\uff1a]|\s[-—\u2013])\s*(?P<told>.*)", re.DOTALL)
_SETTING = re.compile(r"(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)=")
_LANGUAGES = ("", "env", "dotenv", ".env", "ini", "properties")


def variables_of(blocks: Sequence[Block]) -> Iterator[VariableRow]:
    """All variables that the blocks tell of, in their order; rows of tables that name none are among them."""
    for block in blocks:
        if isinstance(block, Table) and is_variable_table(block):
            yield from read_variables(block)
        elif isinstance(block, Listing):
            yield from _of_points(block)
        elif isinstance(block, Code):
            yield from _of_settings(block)


def _of_points(block: Listing) -> Iterator[VariableRow]:
    """Of a list each of whose points begins with a name; one with boxes holds items."""
    found = [_POINT.match(entry.text) for entry in block.entries]
    if any(entry.box is not None for entry in block.entries) or not all(found):
        return
    for entry, match in zip(block.entries, found, strict=True):
        if match and _is_name(match["name"]):
            yield _row(match["name"], entry.line, (("Variable", f"`{match['name']}`"), ("Meaning", match["told"])))


def _of_settings(block: Code) -> Iterator[VariableRow]:
    """Of a block each of whose lines sets a name. What it is set to may be a secret: it is not taken."""
    lines = [(number, line.strip()) for number, line in enumerate(block.text.split("\n"), block.first + 1)]
    told = [(number, _SETTING.match(line)) for number, line in lines if line and not line.startswith("#")]
    if block.language.lower() not in _LANGUAGES or not all(match for _, match in told):
        return
    for number, match in told:
        if match and _is_name(match["name"]):
            yield _row(match["name"], number, (("Variable", f"`{match['name']}`"),))


def _is_name(name: str) -> bool:
    return IDENTIFIER.fullmatch(name) is not None and not FLAG.fullmatch(name)


def _row(name: str, line: int, cells: tuple[tuple[str, str], ...]) -> VariableRow:
    return VariableRow(name=name, line=line, cells=cells, secret=is_secret(plain(name)))
