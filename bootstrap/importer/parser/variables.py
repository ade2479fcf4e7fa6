"""Tables of variables (pure): which table is one, and what its columns mean."""

from __future__ import annotations

import re

from bootstrap.importer.markdown.blocks import Table, TableRow
from bootstrap.importer.parsed import VariableRow
from bootstrap.importer.vocabulary import FLAG, LONGEST_NAME, is_secret, patterns, plain

_COLUMNS = patterns("table.variable_column")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)*$")
_GENERATE = re.compile(r"generated? (?:with|by|using)(?=\s)")
# Nobody tells of a variable at greater length.
_CELL = 2_000


def columns_of(table: Table) -> dict[str, int]:
    """What each column means, by name, as its index. Each column counts once."""
    found: dict[str, int] = {}
    for index, title in enumerate(map(plain, table.header)):
        meaning = next((name for name, pattern in _COLUMNS if name not in found and pattern.search(title)), None)
        if meaning:
            found[meaning] = index
    return found


def is_variable_table(table: Table) -> bool:
    """A table with a column of names and at least one more that is told of variables."""
    return {"name"} < columns_of(table).keys()


def read_variables(table: Table) -> list[VariableRow]:
    columns = columns_of(table)
    return [_variable(table, row, columns) for row in table.rows]


def _variable(table: Table, row: TableRow, columns: dict[str, int]) -> VariableRow:
    texts = {name: plain(row.cells[index]) for name, index in columns.items()}
    name = texts.pop("name")
    named = len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None and not FLAG.fullmatch(name)
    return VariableRow(
        name=name if named else "",
        line=row.line,
        cells=tuple(zip(table.header, row.cells, strict=True)),
        generator=_generator(row.cells[columns["accepted"]]) if "accepted" in columns else "",
        secret=is_secret(name),
        **texts,
    )


def _generator(cell: str) -> str:
    """The command after "generate with" at the end of a cell, with or without the marks of code."""
    said = cell[:_CELL]
    for match in _GENERATE.finditer(said):
        command = said[match.end() :].strip()
        bare = command.removeprefix("`").removesuffix("`").rstrip()
        if bare and "`" not in bare:
            return bare
    return ""
