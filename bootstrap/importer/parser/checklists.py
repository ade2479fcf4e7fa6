"""Checklists of a runbook (pure): the parts that are checklists, their sections, variables and items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bootstrap.importer.markdown.blocks import Block, Heading, Listing, Table
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import ChecklistPart, Note, SectionRow, VariableRow
from bootstrap.importer.parser.dependencies import with_dependencies
from bootstrap.importer.parser.item_settings import settled_keys
from bootstrap.importer.parser.items_from_checkboxes import items_of
from bootstrap.importer.parser.level_words import Rung
from bootstrap.importer.parser.levels import with_levels
from bootstrap.importer.parser.variables.tables import boxed_variables_of, describes_variables, variables_of
from bootstrap.importer.vocabulary import CHECKLIST, FLAG, kind_of, part_slug, plain, shared_shorts, title_slug


def checklist_parts(root: Part) -> tuple[list[Part], list[Note]]:
    """The parts that are checklists, and what is unsure of them.

    The outermost headings called so, where they hold all boxes; else the whole document, if it has boxes.
    """
    # The document is the one heading over everything else where there is one.
    is_titled = root.title or root.has_boxes or len(root.children) != 1
    document = root if is_titled else root.children[0]
    named = [part for child in document.children for part in child.outermost(_is_checklist)]
    within = sum(part.has_boxes for name in named for part in name.walk())
    outside = sum(part.has_boxes for part in document.walk()) - within
    if named and outside and CHECKLIST.search(document.title):
        return [document], []
    if named and outside:
        titles = ", ".join(f"“{plain(part.title)}”" for part in named[:3]) + (", …" if len(named) > 3 else "")
        text = f"boxes lie outside of {titles} too: the whole document is one checklist with a section for each heading"
        return [document], [Note(document.line, text)]
    return named or ([document] if document.has_boxes_within else []), []


def _is_checklist(part: Part) -> bool:
    return CHECKLIST.search(part.title) is not None and part.has_boxes_within


def read_checklist(
    part: Part, known: Mapping[str, bool], taken_slugs: Collection[str], legend: Mapping[str, Rung]
) -> tuple[ChecklistPart, list[Note]]:
    """The checklist under a heading. `known` are the runbook's variables, and whether a table or the like describes
    them; `taken_slugs` are those of other checklists; `legend` gives codes of levels their meaning."""
    settled = settled_keys(block for inner in part.walk() for block in inner.blocks)
    keys = dict.fromkeys(settled, False)  # whether an item has it already
    slugs: set[str] = set()
    notes: list[Note] = []
    sections: list[SectionRow] = []
    parts = [inner for inner in part.walk() if inner.has_boxes or variables_of(inner)]
    shared = shared_shorts(inner.title for inner in parts)
    for inner in parts:
        slug = part_slug(inner.title, shared, slugs)
        sections.append(_section(inner, slug, known, keys, notes))
        slugs.add(slug)
    linked, unsure = with_dependencies(sections)
    levels = with_levels(part, linked, legend)
    return ChecklistPart(
        slug=title_slug(part.title or "checklist", taken_slugs),
        title=part.title,
        kind=kind_of(part.title),
        line=part.line,
        intro="" if part.has_boxes else render(part.blocks),
        sections=levels.sections,
        levels=levels.levels,
        source=render([Heading(max(part.level, 1), part.title, part.line, part.line), *part.all_blocks()]),
    ), [*notes, *unsure, *levels.notes]


def _section(part: Part, slug: str, known: Mapping[str, bool], keys: dict[str, bool], notes: list[Note]) -> SectionRow:
    """The section of a part that has boxes or variables; adds its keys to `keys` and what is unsure to `notes`."""
    before, after = _shown(part.blocks)
    content = items_of(part.listings, known, keys)
    notes += content.notes
    return SectionRow(
        slug=slug,
        title=part.title,
        line=part.line,
        prose="\n\n".join(text for text in (render(before), "\n".join(content.before)) if text),
        notes=render(after),
        gate="all" if " and " in part.title and "," not in part.title else "any",
        gate_flags=tuple(dict.fromkeys(FLAG.findall(part.title))),
        variables=tuple(_variables(part, known)),
        items=tuple(content.items),
    )


def _variables(part: Part, known: Mapping[str, bool]) -> Iterator[VariableRow]:
    """Those that the part describes, then those that only its items name."""
    yield from variables_of(part)
    first = {row.name: row for row in reversed(boxed_variables_of(part))}
    yield from (first[name] for name in reversed(first) if not known.get(name))


def _shown(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Blocks that are neither items nor variables: those before the first list of items, and those after it."""
    shown: tuple[list[Block], list[Block]] = ([], [])
    side = 0
    for block in blocks:
        if isinstance(block, Listing) and block.has_boxes:
            side = 1
        elif not (isinstance(block, Table) and describes_variables(block.header)):
            shown[side].append(block)
    return shown
