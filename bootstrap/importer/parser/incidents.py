"""Incidents that a runbook tells of (pure): rows of tables, points and headings of a chapter of incidents, and
documents of incidents that prose names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from bootstrap.importer.markdown.blocks import Block, Listing, Prose, Table
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.parsed_runbook import IncidentRow, PolicyPart
from bootstrap.importer.vocabulary import REFERENCES, first_match, pattern, patterns, plain, short_title

_COLUMNS = patterns("table.incident_column")
_HANDLING = pattern("table.incident_handling", r"^incidents?[\s-]{1,3}(?:{})")
_REFERENCE = pattern("document.reference")
_CHAPTER = pattern("document.incidents")
_IS_CLASS = pattern("document.failure_class")
_DOCUMENT = pattern(
    "document.incident_document",
    r"(?<![\w/.:-])(?:https?://)?(?:[\w.:-]{1,60}/){0,12}(?:{})/"
    r"(?P<date>\d{4}-\d\d-\d\d)[-_](?P<slug>[\w-]{1,120})(?:\.\w{1,8})?",
)
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_MONTH = re.compile(r"\b\d{4}-\d\d\b")
# A date with what joins it to the title: `2026-01-05: `, `2026-02-xx — `, ` (2026-03-01)`.
_DATED = re.compile(r"[(\[]?\b\d{4}-\d\d(?:-\w\w)?\b(?:[ T]\d\d:\d\d(?: ?UTC| ?Z)?)?[)\]]?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")
_CLAUSE = re.compile(r"[,:;.(]|\s[—\u2013-]\s")
_WORD = re.compile(r"[^\W\d_]{4,}")
_EDGES = " \t:,;.-—\u2013|()[]"
# Columns whose cells say what went wrong; several are joined.
_TOLD = ("failure", "")


@dataclass(frozen=True)
class _Mention:
    """A document that prose names: its date and title as its name gives them, and the sentence."""

    path: str
    date: str
    title: str
    sentence: str
    part: Part
    line: int


def incidents_of(root: Part, policies: Sequence[tuple[PolicyPart, Part]]) -> tuple[IncidentRow, ...]:
    """All of them in reading order, each once: a document about a row of a table is a reference of the row."""
    policy_of = {inner.line: policy for policy, part in policies for inner in part.walk()}
    rows = [row for part in root.walk() for row in (*_in_tables(part, policy_of), *_in_chapter(part, policy_of))]
    mentions: dict[str, _Mention] = {}
    for mention in _mentions(root):
        mentions.setdefault(mention.path.rpartition("/")[2], mention)
    for mention in mentions.values():
        index = next((at for at, row in enumerate(rows) if _belongs(mention, row)), None)
        if index is None:
            rows.append(_row_of(mention, policy_of))
        elif mention.path not in rows[index].documents:
            rows[index] = replace(rows[index], documents=(*rows[index].documents, mention.path))
    return tuple(sorted(rows, key=lambda row: row.line))


def is_incident_table(block: Block) -> bool:
    """Whether its first column names incidents, or one column does and another one has dates."""
    if not isinstance(block, Table):
        return False
    names = _columns_of(block.header)
    return "title" in names and (_names_incidents(block.header[0], names[0]) or "date" in names)


def references_in(text: str) -> list[str]:
    """`PR #1, PR #2` as a list; the whole text where it names no number and no address."""
    return [reference.strip() for reference in _REFERENCE.findall(text)] or ([text] if text.strip("—- ") else [])


def date_in(text: str) -> tuple[date | None, str]:
    """The date of a text and its precision: `day`, `month` or nothing."""
    for shape, rest, precision in ((_DAY, "", "day"), (_MONTH, "-01", "month")):
        match = shape.search(text)
        if match:
            with suppress(ValueError):
                return date.fromisoformat(match.group() + rest), precision
    return None, ""


@lru_cache(maxsize=256)
def _columns_of(header: tuple[str, ...]) -> tuple[str, ...]:
    """What each column is, a key of `table.incident_column` or '' for what has no name of ours. At most one is the
    title: beside a column such as `Incident ID` it is the first that says what happened."""
    names = ["" if _HANDLING.search(title) else first_match(_COLUMNS, title) for title in map(plain, header)]
    if "title" not in names and "failure" in names and _names_incidents(header[0], names[0]):
        names[names.index("failure")] = "title"
    first = names.index("title") if "title" in names else -1
    return tuple("" if name == "title" and at != first else name for at, name in enumerate(names))


def _names_incidents(header: str, name: str) -> bool:
    """Whether a first column is of incidents by title, number or date: `Incident ID`, but not `Incident severity`."""
    return name in {"title", "id", "date"} and "incident" in plain(header).lower()


def _in_tables(part: Part, policy_of: Mapping[int, PolicyPart]) -> Iterator[IncidentRow]:
    policy = policy_of.get(part.line)
    for table in part.tables:
        if not is_incident_table(table):
            continue
        names = _columns_of(table.header)
        for row in table.rows:
            cells: dict[str, list[str]] = {}
            for name, title, cell in zip(names, table.header, map(plain, row.cells), strict=True):
                told = f"{plain(title)}: {cell}" if name == "" else cell
                cells.setdefault(name, []).extend([told] if cell else [])
            if any(cells.values()):
                yield _table_row(cells, policy, row.line)


def _table_row(cells: Mapping[str, Sequence[str]], policy: PolicyPart | None, line: int) -> IncidentRow:
    told = [cell for name in _TOLD for cell in cells.get(name, ())]
    classes = cells.get("bug_class", ())
    return IncidentRow(
        title="; ".join(cells.get("title") or told or cells.get("date") or ("Incident",)),
        date="; ".join(cells.get("date", ())),
        reference=", ".join((*cells.get("reference", ()), *cells.get("id", ()))),
        failure="; ".join(told or classes),
        policy=policy.slug if policy else "",
        line=line,
        bug_class=_CLAUSE.split(classes[0], maxsplit=1)[0].strip()
        if classes
        else class_of(policy.title if policy else ""),
    )


def class_of(title: str) -> str:
    """The name of a policy by its title where it is about one class of failure, else nothing."""
    return short_title(title) if _IS_CLASS.search(title) else ""


def _in_chapter(part: Part, policy_of: Mapping[int, PolicyPart]) -> Iterator[IncidentRow]:
    """Points with a date beneath a heading such as `Past incidents`, and headings with a date beneath it."""
    if not _CHAPTER.search(part.title) or REFERENCES.search(part.title):
        return
    policy = policy_of.get(part.line)
    for listing in part.listings:
        for entry in listing.entries:
            if entry.box is None and date_in(entry.text)[0] and not _DOCUMENT.search(plain(entry.text)):
                yield _dated_row(entry.text, entry.body, policy, entry.line)
    for child in part.children:
        if date_in(child.title)[0]:
            text = "\n".join(block.text for block in child.blocks if isinstance(block, Prose))
            yield _dated_row(child.title, text, policy, child.line)


def _dated_row(head: str, body: str, policy: PolicyPart | None, line: int) -> IncidentRow:
    head, body = plain(head), " ".join(plain(body).split())
    dated = _DATED.search(head)
    numbers = [number.strip() for number in _REFERENCE.findall(f"{head} {body}")]
    title = _REFERENCE.sub("", _DATED.sub("", head, count=1))
    return IncidentRow(
        title=re.sub(r"\(\W*\)|\[\W*\]", "", title).strip(_EDGES) or head,
        date=dated.group().strip("()[]") if dated else "",
        reference=", ".join(dict.fromkeys(numbers)),
        failure=body,
        policy=policy.slug if policy else "",
        line=line,
        bug_class=class_of(policy.title if policy else ""),
    )


def _mentions(root: Part) -> Iterator[_Mention]:
    """The documents that paragraphs and points name; what chapters of references name comes last, as it tells least."""
    parts = list(root.walk())
    for is_list in (False, True):
        for part in parts:
            if bool(REFERENCES.search(part.title)) is is_list:
                for text, line in _texts(part):
                    yield from _mentions_in(text, part, line)


def _texts(part: Part) -> Iterator[tuple[str, int]]:
    for block in part.blocks:
        if isinstance(block, Prose):
            yield block.text, block.first
        elif isinstance(block, Listing):
            for entry in block.entries:
                yield f"{entry.text} {entry.body}", entry.line


def _mentions_in(text: str, part: Part, line: int) -> Iterator[_Mention]:
    if not _DOCUMENT.search(text):
        return
    for sentence in _SENTENCE.split(" ".join(plain(text).split())):
        for found in _DOCUMENT.finditer(sentence):
            words = re.sub(r"[-_]+", " ", found["slug"]).strip()
            title = words[:1].upper() + words[1:]
            if words and date_in(found["date"])[0]:
                yield _Mention(found.group(), found["date"], title, sentence, part, line)


def _belongs(mention: _Mention, row: IncidentRow) -> bool:
    """Whether both are of one day and share a word."""
    if date_in(row.date)[0] != date_in(mention.date)[0]:
        return False
    return bool(_words(mention.title) & _words(row.title))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _row_of(mention: _Mention, policy_of: Mapping[int, PolicyPart]) -> IncidentRow:
    policy = policy_of.get(mention.part.line)
    return IncidentRow(
        title=mention.title,
        date=mention.date,
        reference=", ".join(dict.fromkeys(each.strip() for each in _REFERENCE.findall(mention.sentence))),
        failure=mention.sentence,
        policy=policy.slug if policy else "",
        line=mention.line,
        bug_class=class_of(policy.title if policy else ""),
        documents=(mention.path,),
    )
