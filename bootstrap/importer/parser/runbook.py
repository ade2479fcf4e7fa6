"""The runbook of a list of blocks (pure): its checklists, policies, incidents, references and postures."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from bootstrap.importer.markdown.blocks import Block, Listing, Prose, Table
from bootstrap.importer.markdown.heading_tree import Part, tree_of
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import (
    ChecklistPart,
    ItemRow,
    Note,
    ParsedRunbook,
    PolicyPart,
    PostureNote,
    ReferenceRow,
    SectionRow,
    VariableRow,
)
from bootstrap.importer.parser.boxes import left_out
from bootstrap.importer.parser.checklists import checklist_parts, read_checklist
from bootstrap.importer.parser.front_matter import settings_in
from bootstrap.importer.parser.incidents import incidents_of
from bootstrap.importer.parser.item_formats import with_items
from bootstrap.importer.parser.level_words import Rung, legend_of
from bootstrap.importer.parser.variables.tables import boxed_variables_of, variables_of
from bootstrap.importer.parser.variables.words_beside import not_understood
from bootstrap.importer.vocabulary import FLAG, POLICY, REFERENCES, part_slug, plain, shared_shorts

_FACT = re.compile(r"^(?P<key>[A-Z][\w ]{1,30}?)\s*[:\uff1a]\s+(?P<value>.+)", re.DOTALL)
_NEXT_FACT = re.compile(r"\n(?=[A-Z][\w ]{1,30}[:\uff1a]\s)")
_POSTURE = re.compile(r"^(?P<environment>\w+) posture \((?P<date>\d{4}-\d\d-\d\d)\)[:\uff1a]?\s*", re.IGNORECASE)


def read_outline(blocks: Sequence[Block]) -> ParsedRunbook:
    """The runbook that the blocks describe."""
    root, settings = tree_of(blocks), settings_in(blocks)
    title = settings.pop("title", "")
    if title and not _has_own_title(root):
        root.title = title
    rows = [row for part in root.walk() for row in variables_of(part)]  # before points without boxes become items
    item_notes = with_items(root)
    boxed = [row for part in root.walk() for row in boxed_variables_of(part)]
    known = {row.name: False for row in boxed} | {row.name: True for row in rows if row.name}
    checklists, notes = _checklists(root, known, legend_of(blocks))
    notes += not_understood([*rows, *(row for row in boxed if not known[row.name])])
    missed = left_out(blocks, [item.line for checklist in checklists for item in _items(checklist)])
    policies = list(_policies(root, {checklist.line for checklist in checklists}))
    return ParsedRunbook(
        title=plain(root.title) or (plain(root.children[0].title) if root.children else ""),
        facts=tuple({**settings, **dict(_facts(root))}.items()),
        blocks=tuple(blocks),
        checklists=checklists,
        policies=tuple(policy for policy, _ in policies),
        incidents=incidents_of(root, policies),
        references=tuple(_references(root)),
        postures=tuple(_postures(checklists, blocks)),
        other_variables=tuple(_other_variables(rows, checklists)),
        flags=tuple(dict.fromkeys(FLAG.findall(render(blocks)))),
        unsure=tuple(sorted([*item_notes, *notes, *missed], key=lambda note: note.line)),
    )


def _has_own_title(root: Part) -> bool:
    """Whether the document begins with its title: of several headings of the first level each is a chapter."""
    first = [part for part in root.children if part.level == 1]
    return len(first) == 1 and root.children[0] is first[0]


def _other_variables(rows: Sequence[VariableRow], checklists: Sequence[ChecklistPart]) -> Iterator[VariableRow]:
    """Variables outside of every checklist, the first row of each."""
    known = {row.name for checklist in checklists for section in checklist.sections for row in section.variables}
    first = {row.name: row for row in reversed(rows)}
    return (first[name] for name in dict.fromkeys(row.name for row in rows) if name and name not in known)


def _checklists(
    root: Part, known: Mapping[str, bool], legend: Mapping[str, Rung]
) -> tuple[tuple[ChecklistPart, ...], list[Note]]:
    checklists: list[ChecklistPart] = []
    parts, notes = checklist_parts(root)
    for part in parts:
        checklist, more = read_checklist(part, known, {other.slug for other in checklists}, legend)
        checklists.append(checklist)
        notes += more
    return tuple(checklists), notes


def _items(checklist: ChecklistPart) -> Iterator[ItemRow]:
    return (item for section in checklist.sections for item in section.items)


def _facts(root: Part) -> Iterator[tuple[str, str]]:
    """`Key: value` at the head: points of a list, or lines of a paragraph, before the first part beneath the title."""
    head = [*root.blocks, *(root.children[0].blocks if root.children else [])]
    for block in head:
        texts = [entry.text for entry in block.entries] if isinstance(block, Listing) else []
        if isinstance(block, Prose):
            texts = _NEXT_FACT.split(plain(block.text))
        for text in texts:
            fact = _FACT.match(" ".join(plain(text).split()))
            if fact:
                yield fact["key"], fact["value"].strip()


def _policies(root: Part, checklist_lines: Collection[int]) -> Iterator[tuple[PolicyPart, Part]]:
    """Chapters with a word for rules in one of their headings that are neither checklists nor references."""
    chapters = root.children[0].children if len(root.children) == 1 else root.children
    policies = [part for part in chapters if part.line not in checklist_lines and _is_policy(part)]
    shared = shared_shorts(part.title for part in policies)
    slugs: set[str] = set()
    for part in policies:
        slug = part_slug(part.title, shared, slugs)
        slugs.add(slug)
        blocks = list(part.all_blocks())
        tables = tuple(block for block in blocks if isinstance(block, Table))
        yield PolicyPart(slug, plain(part.title), part.line, render(blocks), tables), part


def _is_policy(part: Part) -> bool:
    titles = " ".join(inner.title for inner in part.walk())
    return POLICY.search(titles) is not None and not REFERENCES.search(part.title)


def _references(root: Part) -> Iterator[ReferenceRow]:
    """Points `what: where` under a heading called cross-references or the like."""
    for part in root.walk():
        for listing in part.listings if REFERENCES.search(part.title) else ():
            for entry in listing.entries:
                title, _, target = entry.text.partition(": ")
                yield ReferenceRow(plain(title), plain(target), entry.line)


def _postures(checklists: Sequence[ChecklistPart], blocks: Sequence[Block]) -> Iterator[PostureNote]:
    """The paragraphs of each section that begin with `<environment> posture (<date>)`, each with what follows it."""
    lines = {
        begin.group(): block.first
        for block in blocks
        if isinstance(block, Prose) and (begin := _POSTURE.match(plain(block.text)))
    }
    for checklist in checklists:
        for section in checklist.sections:
            for begin, text in _posture_texts(section):
                line = lines.get(begin.group(), section.line)
                yield PostureNote(begin["environment"].lower(), begin["date"], section.slug, text, line)


def _posture_texts(section: SectionRow) -> Iterator[tuple[re.Match[str], str]]:
    """The beginning of each posture in the text before and after the items, and its paragraphs."""
    for shown in (section.prose, section.notes):
        paragraphs = shown.split("\n\n")
        begins = [(at, begin) for at, text in enumerate(paragraphs) if (begin := _POSTURE.match(plain(text)))]
        ends = [*(at for at, _ in begins[1:]), len(paragraphs)]
        for (at, begin), end in zip(begins, ends, strict=True) if begins else ():
            yield begin, "\n\n".join(paragraphs[at:end])
