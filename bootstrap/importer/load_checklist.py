"""Writes the sections of one checklist version: a fixed number of statements, however many items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.checklists.models import ChecklistVersion, Item, ItemDependency, Section, SectionVariable
from bootstrap.importer.runbook import ItemRow, SectionRow
from bootstrap.systems.models import ConfigVar, Flag


@dataclass(frozen=True)
class Names:
    """The rows that a runbook's names stand for; flags also by alias."""

    variables: dict[str, ConfigVar]
    flags: dict[str, Flag]


def write_sections(version: ChecklistVersion, rows: Sequence[SectionRow], names: Names) -> None:
    """Sections with their variables, items and what these wait for."""
    sections = Section.objects.bulk_create(_section(version, order, row) for order, row in enumerate(rows, 1))
    by_slug = {section.slug: section for section in sections}
    _write_gates(rows, by_slug, names)
    SectionVariable.objects.bulk_create(_variables(rows, by_slug, names))
    items = Item.objects.bulk_create(
        _item(by_slug[row.slug], order, item, names) for row in rows for order, item in enumerate(row.items, 1)
    )
    by_key = {item.key: item for item in items}
    Item.variables.through.objects.bulk_create(
        Item.variables.through(item_id=by_key[item.key].pk, configvar_id=names.variables[name].pk)
        for row in rows
        for item in row.items
        for name in item.variables
    )
    ItemDependency.objects.bulk_create(_dependencies(rows, by_slug, by_key))


def _section(version: ChecklistVersion, order: int, row: SectionRow) -> Section:
    return Section(
        version=version,
        order=order,
        slug=row.slug,
        title=row.title[:300],
        prose=row.prose,
        notes=row.notes,
        gate=row.gate,
        line=row.line,
    )


def _write_gates(rows: Sequence[SectionRow], by_slug: dict[str, Section], names: Names) -> None:
    through = Section.gate_flags.through
    through.objects.bulk_create(
        through(section_id=by_slug[row.slug].pk, flag_id=flag)
        for row in rows
        for flag in {names.flags[name].pk for name in row.gate_flags}
    )


def _variables(rows: Sequence[SectionRow], by_slug: dict[str, Section], names: Names) -> Iterator[SectionVariable]:
    for row in rows:
        for order, variable in enumerate(row.variables, 1):
            yield SectionVariable(
                section=by_slug[row.slug],
                order=order,
                variable=names.variables.get(variable.name),
                cells=variable.cells,
                line=variable.line,
            )


def _item(section: Section, order: int, row: ItemRow, names: Names) -> Item:
    return Item(
        section=section,
        order=order,
        key=row.key,
        text=row.text,
        body=row.body,
        depth=row.depth,
        kind=row.kind,
        flag=names.flags[row.flag] if row.flag else None,
        values=dict(row.values),
        condition=row.condition[:300],
        two_person=row.two_person,
        evidence_required=row.evidence_required,
        line=row.line,
    )


def _dependencies(
    rows: Sequence[SectionRow], by_slug: dict[str, Section], by_key: dict[str, Item]
) -> Iterator[ItemDependency]:
    for row in rows:
        for item in row.items:
            for key in item.needs_items:
                yield ItemDependency(item=by_key[item.key], needs_item=by_key[key])
            for key in item.together:
                yield ItemDependency(item=by_key[item.key], needs_item=by_key[key], kind=ItemDependency.Kind.TOGETHER)
            for slug in item.needs_sections:
                yield ItemDependency(item=by_key[item.key], needs_section=by_slug[slug])
