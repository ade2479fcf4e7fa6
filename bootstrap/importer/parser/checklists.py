"""Checklists of a runbook (pure): the parts that are checklists, their sections, variables and items."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bootstrap.importer.markdown.blocks import Block, Heading, Listing, Table
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import ChecklistPart, Note, SectionRow
from bootstrap.importer.parser.dependencies import with_dependencies
from bootstrap.importer.parser.items_from_checkboxes import items_of
from bootstrap.importer.parser.variables import describes_variables, variables_of
from bootstrap.importer.vocabulary import CHECKLIST, FLAG, kind_of, short_title, slug_of


def checklist_parts(root: Part) -> list[Part]:
    """The parts that are checklists: the outermost heading called so, else the whole document if it has boxes."""
    # The document is the one heading over everything else where there is one.
    document = root.children[0] if len(root.children) == 1 and not root.has_boxes else root
    named = [part for child in document.children for part in child.outermost(_is_checklist)]
    return named or ([document] if document.has_boxes_within else [])


def _is_checklist(part: Part) -> bool:
    return CHECKLIST.search(part.title) is not None and part.has_boxes_within


def read_checklist(
    part: Part, known: Collection[str], taken_slugs: Collection[str]
) -> tuple[ChecklistPart, list[Note]]:
    """The checklist under a heading. `known` are the runbook's variables, `taken_slugs` those of other checklists."""
    keys: set[str] = set()
    slugs: set[str] = set()
    notes: list[Note] = []
    sections: list[SectionRow] = []
    for inner in part.walk():
        if inner.has_boxes or variables_of(inner.blocks):
            sections.append(_section(inner, known, keys, slugs, notes))
            slugs.add(sections[-1].slug)
    linked, unsure = with_dependencies(sections)
    return ChecklistPart(
        slug=slug_of(short_title(part.title or "checklist"), taken_slugs),
        title=part.title,
        kind=kind_of(part.title),
        line=part.line,
        intro="" if part.has_boxes else render(part.blocks),
        sections=linked,
        source=render([Heading(max(part.level, 1), part.title, part.line, part.line), *part.all_blocks()]),
    ), [*notes, *unsure]


def _section(
    part: Part, known: Collection[str], keys: set[str], slugs: Collection[str], notes: list[Note]
) -> SectionRow:
    """The section of a part that has boxes or variables; adds its keys to `keys` and what is unsure to `notes`."""
    before, after = _shown(part.blocks)
    content = items_of(part.listings, known, keys)
    notes += content.notes
    return SectionRow(
        slug=slug_of(short_title(part.title), slugs),
        title=part.title,
        line=part.line,
        prose="\n\n".join(text for text in (render(before), "\n".join(content.before)) if text),
        notes=render(after),
        gate="all" if " and " in part.title and "," not in part.title else "any",
        gate_flags=tuple(dict.fromkeys(FLAG.findall(part.title))),
        variables=tuple(variables_of(part.blocks)),
        items=tuple(content.items),
    )


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
