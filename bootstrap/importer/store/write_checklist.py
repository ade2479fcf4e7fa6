"""Writes the sections of one checklist version: a fixed number of statements, however many items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.checklists.models import ChecklistVersion, Item, ItemDependency, Section, SectionVariable
from bootstrap.importer.parsed_runbook import ItemRow, SectionRow
from opsconsole.lib.db.bulk_insert import insert_rows

# Fields that the rows of the database have under the same name.
_SECTION_FIELDS = ("slug", "prose", "notes", "gate", "line")
_ITEM_FIELDS = (
    *("key", "text", "body", "depth", "kind", "two_person", "evidence_required", "evidence_kind", "optional", "line"),
    "level",
)


@dataclass(frozen=True)
class RowIds:
    """Ids of variables and flags by name; flags also by alias."""

    variables: dict[str, int]
    flags: dict[str, int]


def write_sections(
    version: ChecklistVersion, rows: Sequence[SectionRow], names: RowIds, progress: Callable[[int], None]
) -> None:
    """Write the sections with their variables, items and dependencies; `progress` gets the number of rows written."""
    sections = insert_rows(Section, (_section(version, order, row) for order, row in enumerate(rows, 1)), key="slug")
    _write_gates(rows, sections, names)
    progress(len(rows))
    insert_rows(SectionVariable, _variables(rows, sections, names))
    progress(sum(len(row.variables) for row in rows))
    items = insert_rows(
        Item,
        (_item(sections[row.slug], order, item, names) for row in rows for order, item in enumerate(row.items, 1)),
        key="key",
    )
    insert_rows(
        Item.variables.through,
        (
            {"item_id": items[item.key], "configvar_id": names.variables[name]}
            for row in rows
            for item in row.items
            for name in item.variables
        ),
    )
    insert_rows(ItemDependency, _dependencies(rows, sections, items))
    progress(len(items))


def _section(version: ChecklistVersion, order: int, row: SectionRow) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in _SECTION_FIELDS}
    return {**same, "version_id": version.pk, "order": order, "title": row.title[:300]}


def _write_gates(rows: Sequence[SectionRow], sections: dict[str, int], names: RowIds) -> None:
    insert_rows(
        Section.gate_flags.through,
        (
            {"section_id": sections[row.slug], "flag_id": flag}
            for row in rows
            for flag in {names.flags[name] for name in row.gate_flags}
        ),
    )


def _variables(rows: Sequence[SectionRow], sections: dict[str, int], names: RowIds) -> Iterator[dict[str, Any]]:
    for row in rows:
        for order, variable in enumerate(row.variables, 1):
            yield {
                "section_id": sections[row.slug],
                "order": order,
                "variable_id": names.variables.get(variable.name),
                "cells": variable.cells,
                "line": variable.line,
            }


def _item(section: int, order: int, row: ItemRow, names: RowIds) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _ITEM_FIELDS},
        "section_id": section,
        "order": order,
        "flag_id": names.flags[row.flag] if row.flag else None,
        "values": dict(row.values),
        "condition": row.condition[:300],
    }


def _dependencies(
    rows: Sequence[SectionRow], sections: dict[str, int], items: dict[str, int]
) -> Iterator[dict[str, Any]]:
    kinds = ItemDependency.Kind
    for row in rows:
        for item in row.items:
            this = {"item_id": items[item.key], "needs_section_id": None}
            named = ((kinds.NEEDS, item.needs_items), (kinds.TOGETHER, item.together), (kinds.ONE_OF, item.one_of))
            for kind, keys in named:
                yield from ({**this, "kind": kind.value, "needs_item_id": items[key]} for key in keys)
            for slug in item.needs_sections:
                yield {**this, "kind": kinds.NEEDS.value, "needs_item_id": None, "needs_section_id": sections[slug]}
