"""Variables of a runbook (pure): tables of variables, and what is read as such tables: lists, `.env` blocks, headings
that are names, and points with a box that begin with one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bootstrap.importer.markdown.blocks import Block, Code, Listing, Table, TableRow
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.parsed_runbook import VariableRow
from bootstrap.importer.parser.variables.lists import under_heading, with_boxes
from bootstrap.importer.parser.variables.words_beside import with_words
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, LONGEST_NAME, is_secret, patterns, plain

_COLUMNS = patterns("table.variable_column")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)*$")
_GENERATE = re.compile(r"generated? (?:with|by|using)(?=\s)")
_POINT = re.compile(r"`?(?P<name>[A-Z][A-Z0-9_]*)`?\s*(?:[:\uff1a]|\s[-—\u2013])\s*(?P<meaning>.*)", re.DOTALL)
_SETTING = re.compile(r"(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)=")
_ENV_LANGUAGES = ("", "env", "dotenv", ".env", "ini", "properties")
# Characters of a cell that are searched; nobody describes a variable at greater length.
_CELL = 2_000


# Tables repeat their headers.
@lru_cache(maxsize=256)
def _columns_of(header: tuple[str, ...]) -> Mapping[str, int]:
    """The index of each column by its meaning, a key of `table.variable_column`. Each meaning counts once."""
    columns: dict[str, int] = {}
    for index, title in enumerate(map(plain, header)):
        meaning = next((name for name, column in _COLUMNS if name not in columns and column.search(title)), None)
        if meaning:
            columns[meaning] = index
    return columns


def describes_variables(header: tuple[str, ...]) -> bool:
    """Whether a table has a column of names and at least one more that describes variables."""
    return {"name"} < _columns_of(header).keys()


def variables_of(part: Part) -> list[VariableRow]:
    """All variables that the part itself describes, in order; rows of tables that name no variable are among them."""
    heading = under_heading(part)
    told = [heading] if heading and describes_variables(heading.header) else []
    tables = [*told, *(table for block in part.blocks if (table := _as_table(block)))]
    return [_variable(table, row) for table in tables for row in table.rows]


def boxed_variables_of(part: Part) -> list[VariableRow]:
    """The variables that are named by items of the part."""
    return [_variable(table, row) for table in with_boxes(part) for row in table.rows]


def _as_table(block: Block) -> Table | None:
    """The block as a table of variables; None where it is none."""
    match block:
        case Table():
            return block if describes_variables(block.header) else None
        case Listing():
            return _from_list(block)
        case Code():
            return _from_settings(block)
    return None


def _from_list(block: Listing) -> Table | None:
    """A list in which each point begins with a name; one with boxes consists of items."""
    points = [(entry.line, _POINT.match(entry.text)) for entry in block.entries]
    if block.has_boxes or not all(point for _, point in points):
        return None
    named = [(line, point) for line, point in points if point and _is_name(point["name"])]
    rows = tuple(TableRow((f"`{point['name']}`", point["meaning"]), line) for line, point in named)
    return Table(("Variable", "Meaning"), rows, block.first, block.last)


def _from_settings(block: Code) -> Table | None:
    """A block in which each line sets a name. The value may be a secret: it is not taken."""
    lines = [(number, line.strip()) for number, line in enumerate(block.text.split("\n"), block.first + 1)]
    settings = [(number, _SETTING.match(line)) for number, line in lines if line and not line.startswith("#")]
    if block.language.lower() not in _ENV_LANGUAGES or not all(setting for _, setting in settings):
        return None
    names = [(number, setting["name"]) for number, setting in settings if setting and _is_name(setting["name"])]
    return Table(
        ("Variable",), tuple(TableRow((f"`{name}`",), number) for number, name in names), block.first, block.last
    )


def _is_name(name: str) -> bool:
    return IDENTIFIER.fullmatch(name) is not None and not FLAG.fullmatch(name)


def _variable(table: Table, row: TableRow) -> VariableRow:
    columns = _columns_of(table.header)
    texts = {meaning: plain(row.cells[index]) for meaning, index in columns.items()}
    name = texts.pop("name")
    is_name = len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None and not FLAG.fullmatch(name)
    variable = VariableRow(
        name=name if is_name else "",
        line=row.line,
        cells=tuple(zip(table.header, row.cells, strict=True)),
        generator=_generator(row.cells[columns["accepted"]]) if "accepted" in columns else "",
        secret=is_secret(name),
        **texts,
    )
    return with_words(variable) if is_name else variable


def _generator(cell: str) -> str:
    """The command after "generate with" at the end of a cell, without its code marks; empty where there is none."""
    text = cell[:_CELL]
    for match in _GENERATE.finditer(text):
        command = text[match.end() :].strip()
        bare = command.removeprefix("`").removesuffix("`").rstrip()
        if bare and "`" not in bare:
            return bare
    return ""
