"""Blocks read as a runbook (pure): which part is a checklist, a policy, a list of references."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bootstrap.importer.markdown.blocks import Block, Listing, Prose, Table
from bootstrap.importer.markdown.heading_tree import Part, tree_of
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed import (
    ChecklistPart,
    IncidentRow,
    Note,
    PolicyPart,
    PostureNote,
    ReferenceRow,
    Runbook,
    VariableRow,
)
from bootstrap.importer.parser.checklists import checklist_parts, read_checklist
from bootstrap.importer.parser.item_formats import with_items
from bootstrap.importer.parser.variable_lists import variables_of
from bootstrap.importer.vocabulary import FLAG, POLICY, REFERENCES, plain, short_title, slug_of

_FACT = re.compile(r"^(?P<key>[A-Z][\w ]{1,30}?)\s*[:\uff1a]\s+(?P<value>.+)", re.DOTALL)
_NEXT_FACT = re.compile(r"\n(?=[A-Z][\w ]{1,30}[:\uff1a]\s)")
_POSTURE = re.compile(r"^(?P<environment>\w+) posture \((?P<date>\d{4}-\d\d-\d\d)\)[:\uff1a]?\s*", re.IGNORECASE)


def read_outline(blocks: Sequence[Block]) -> Runbook:
    """The runbook that the blocks tell of."""
    root = tree_of(blocks)
    shaped = with_items(root)
    rows = list(variables_of(blocks))
    checklists, notes = _checklists(root, {row.name for row in rows} - {""})
    policies = list(_policies(root, {checklist.line for checklist in checklists}))
    return Runbook(
        title=plain(root.children[0].title) if root.children else "",
        facts=tuple(_facts(root)),
        blocks=tuple(blocks),
        checklists=checklists,
        policies=tuple(policy for policy, _ in policies),
        incidents=tuple(_incidents(root, policies)),
        references=tuple(_references(root)),
        postures=tuple(_postures(checklists, blocks)),
        other_variables=tuple(_others(rows, checklists)),
        flags=tuple(dict.fromkeys(FLAG.findall(render(blocks)))),
        unsure=tuple(sorted([*shaped, *notes], key=lambda note: note.line)),
    )


def _others(rows: Sequence[VariableRow], checklists: Sequence[ChecklistPart]) -> Iterator[VariableRow]:
    """Variables told outside of every checklist, once each."""
    known = {row.name for checklist in checklists for section in checklist.sections for row in section.variables}
    for row in rows:
        if row.name and row.name not in known:
            known.add(row.name)
            yield row


def _checklists(root: Part, known: Collection[str]) -> tuple[tuple[ChecklistPart, ...], list[Note]]:
    found: list[ChecklistPart] = []
    notes: list[Note] = []
    for part in checklist_parts(root):
        checklist, more = read_checklist(part, known, {other.slug for other in found})
        found.append(checklist)
        notes.extend(more)
    return tuple(found), notes


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
    """Parts just beneath the title that speak of rules, and are neither checklists nor references."""
    slugs: set[str] = set()
    for part in _chapters(root):
        told = " ".join(inner.title for inner in part.walk())
        if part.line in checklist_lines or REFERENCES.search(part.title) or not POLICY.search(told):
            continue
        slug = slug_of(short_title(part.title), slugs)
        slugs.add(slug)
        blocks = list(part.all_blocks())
        tables = tuple(block for block in blocks if isinstance(block, Table))
        yield PolicyPart(slug, plain(part.title), part.line, render(blocks), tables), part


def _chapters(root: Part) -> list[Part]:
    return root.children[0].children if len(root.children) == 1 else root.children


def _incidents(root: Part, policies: Sequence[tuple[PolicyPart, Part]]) -> Iterator[IncidentRow]:
    """Rows of tables whose first column is called incident."""
    told_in = {inner.line: policy.slug for policy, part in policies for inner in part.walk()}
    for part in root.walk():
        for table in part.tables:
            if plain(table.header[0]).lower().startswith("incident"):
                for row in table.rows:
                    title, date, reference, failure, *_ = (plain(cell) for cell in (*row.cells, "", "", ""))
                    yield IncidentRow(title, date, reference, failure, told_in.get(part.line, ""), row.line)


def _references(root: Part) -> Iterator[ReferenceRow]:
    """Points `what: where` under a heading called cross-references or the like."""
    for part in root.walk():
        if not REFERENCES.search(part.title):
            continue
        for listing in part.listings:
            for entry in listing.entries:
                title, _, target = entry.text.partition(": ")
                yield ReferenceRow(plain(title), plain(target), entry.line)


def _postures(checklists: Sequence[ChecklistPart], blocks: Sequence[Block]) -> Iterator[PostureNote]:
    """Paragraphs of a section that begin with `<environment> posture (<date>)`, with all that follows them there."""
    lines = {
        begin.group(): block.first
        for block in blocks
        if isinstance(block, Prose) and (begin := _POSTURE.match(plain(block.text)))
    }
    for checklist in checklists:
        for section in checklist.sections:
            paragraphs = section.notes.split("\n\n")
            for position, paragraph in enumerate(paragraphs):
                found = _POSTURE.match(plain(paragraph))
                if found:
                    text = "\n\n".join(paragraphs[position:])
                    line = lines.get(found.group(), section.line)
                    yield PostureNote(found["environment"].lower(), found["date"], section.slug, text, line)
                    break
