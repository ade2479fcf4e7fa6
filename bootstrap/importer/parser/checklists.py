"""Parts read as checklists (pure): which headings hold them, their sections, variables and items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bootstrap.importer.markdown.blocks import Block, Entry, Heading, Listing, Table
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed import ChecklistPart, ItemRow, Note, SectionRow
from bootstrap.importer.parser.checkboxes import boxed_points
from bootstrap.importer.parser.dependencies import with_dependencies
from bootstrap.importer.parser.items import read_item
from bootstrap.importer.parser.variable_lists import variables_of
from bootstrap.importer.parser.variable_tables import is_variable_table
from bootstrap.importer.vocabulary import CHECKLIST, FLAG, kind_of, short_title, slug_of


def checklist_parts(root: Part) -> list[Part]:
    """The parts that are checklists: the outermost heading called so, else the whole document if it has boxes."""
    top = _document(root)
    found = list(_named(top))
    if found:
        return found
    return [top] if any(part.has_boxes for part in top.walk()) else []


def _document(root: Part) -> Part:
    """The part that is the document: the one heading over everything else where there is one, else the root."""
    return root.children[0] if len(root.children) == 1 and not root.has_boxes else root


def _named(part: Part) -> Iterator[Part]:
    for child in part.children:
        if CHECKLIST.search(child.title) and any(inner.has_boxes for inner in child.walk()):
            yield child
        else:
            yield from _named(child)


def read_checklist(
    part: Part, known: Collection[str], taken_slugs: Collection[str]
) -> tuple[ChecklistPart, list[Note]]:
    """The checklist under a heading. `known` are the runbook's variables, `taken_slugs` those of other checklists."""
    keys: set[str] = set()
    slugs: set[str] = set()
    sections = []
    strays: list[Note] = []
    for holder in _holders(part):
        section = _section(holder, known, keys, slugs, strays)
        slugs.add(section.slug)
        sections.append(section)
    linked, notes = with_dependencies(sections)
    intro = "" if part.has_boxes else render(part.blocks)
    return ChecklistPart(
        slug=slug_of(short_title(part.title or "checklist"), taken_slugs),
        title=part.title,
        kind=kind_of(part.title),
        line=part.line,
        intro=intro,
        sections=linked,
        source=render([Heading(max(part.level, 1), part.title, part.line, part.line), *part.all_blocks()]),
    ), [*strays, *notes]


def _holders(part: Part) -> list[Part]:
    """The parts that are sections: those with boxes or with a table of variables of their own."""
    return [inner for inner in part.walk() if inner.has_boxes or any(variables_of(inner.blocks))]


def _section(
    part: Part, known: Collection[str], keys: set[str], slugs: Collection[str], notes: list[Note]
) -> SectionRow:
    before, after = _around_items(part.blocks)
    points = boxed_points(part.listings)
    notes += points.notes
    told = "\n".join(points.above)
    return SectionRow(
        slug=slug_of(short_title(part.title), slugs),
        title=part.title,
        line=part.line,
        prose="\n\n".join(text for text in (render(before), told) if text),
        notes=render(after),
        gate="all" if " and " in part.title and "," not in part.title else "any",
        gate_flags=tuple(dict.fromkeys(FLAG.findall(part.title))),
        variables=tuple(variables_of(part.blocks)),
        items=tuple(_items(points.entries, known, keys)),
    )


def _around_items(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """What is only shown: the blocks before the first list of items, and those after it."""
    shown: tuple[list[Block], list[Block]] = ([], [])
    side = 0
    for block in blocks:
        if isinstance(block, Listing) and any(entry.box is not None for entry in block.entries):
            side = 1
        elif not (isinstance(block, Table) and is_variable_table(block)):
            shown[side].append(block)
    return shown


def _items(entries: Sequence[Entry], known: Collection[str], keys: set[str]) -> Iterator[ItemRow]:
    """The items of points with boxes; their keys are added to `keys`, those given already."""
    for entry in entries:
        item = read_item(entry, known, keys)
        keys.add(item.key)
        yield item
