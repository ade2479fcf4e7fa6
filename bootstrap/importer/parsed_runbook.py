"""The parsed runbook: checklists with sections, variables and items; policies, incidents, references (pure).

`line` is always a line number of the source, from 1. Texts are markdown as written, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bootstrap.importer.markdown.blocks import Block, Table


@dataclass(frozen=True)
class Note:
    """A remark on a line: a guess of the importer, or a contradiction in the text."""

    line: int
    text: str


@dataclass(frozen=True)
class VariableRow:
    """A row of a table of variables; texts are plain (no code marks). `name` is empty where the row has none (n/a)."""

    name: str
    line: int
    cells: tuple[tuple[str, str], ...] = ()
    config_key: str = ""
    required_when: str = ""
    accepted: str = ""
    default: str = ""
    source_path: str = ""
    generator: str = ""
    secret: bool = True


@dataclass(frozen=True)
class ItemRow:
    """One item. `kind` and `evidence_kind` are values of `Item.Kind` and `Item.EvidenceKind`.

    `needs_items` are keys, `needs_sections` slugs; `together` are keys of the other half of an atomic pair, `one_of`
    those of the points beneath of which one is enough. `level` is one of the checklist's, empty where it has none.
    """

    key: str
    text: str
    kind: str
    line: int
    depth: int = 0
    body: str = ""
    variables: tuple[str, ...] = ()
    flag: str = ""
    values: tuple[tuple[str, str], ...] = ()
    condition: str = ""
    two_person: bool = False
    evidence_required: bool = False
    evidence_kind: str = ""
    optional: bool = False
    needs_items: tuple[str, ...] = ()
    needs_sections: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    level: str = ""


@dataclass(frozen=True)
class SectionRow:
    """`prose` is the text before the items, `notes` the text after them."""

    slug: str
    title: str
    line: int
    prose: str = ""
    notes: str = ""
    gate: str = "any"
    gate_flags: tuple[str, ...] = ()
    variables: tuple[VariableRow, ...] = ()
    items: tuple[ItemRow, ...] = ()


@dataclass(frozen=True)
class ChecklistPart:
    """`kind` is one of `Checklist.Kind`'s values; `source` is the markdown of its lines; `levels` are those of its
    items, the lowest first."""

    slug: str
    title: str
    kind: str
    line: int
    intro: str
    sections: tuple[SectionRow, ...]
    source: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyPart:
    slug: str
    title: str
    line: int
    text: str
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class IncidentRow:
    """`bug_class` is '' where the text names none; `documents` are paths or addresses of texts about the incident."""

    title: str
    date: str
    reference: str
    failure: str
    policy: str
    line: int
    bug_class: str = ""
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReferenceRow:
    title: str
    target: str
    line: int


@dataclass(frozen=True)
class PostureNote:
    """An accepted deviation that prose describes: `**Staging posture (2026-06-14):** …`."""

    environment: str
    date: str
    section: str
    text: str
    line: int


@dataclass(frozen=True)
class ParsedRunbook:
    """`facts` are the `Key: value` lines at its head, `flags` all flags in the text, `unsure` the importer's guesses.

    `other_variables` are outside of every checklist.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    checklists: tuple[ChecklistPart, ...]
    policies: tuple[PolicyPart, ...] = ()
    incidents: tuple[IncidentRow, ...] = ()
    references: tuple[ReferenceRow, ...] = ()
    postures: tuple[PostureNote, ...] = ()
    other_variables: tuple[VariableRow, ...] = ()
    flags: tuple[str, ...] = ()
    unsure: tuple[Note, ...] = ()

    @property
    def sections(self) -> Iterator[SectionRow]:
        """The sections of all checklists, in order."""
        return (section for checklist in self.checklists for section in checklist.sections)

    @property
    def items(self) -> Iterator[ItemRow]:
        """The items of all checklists, in order."""
        return (item for section in self.sections for item in section.items)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def fact(self, name: str) -> str:
        """The fact of that name; empty without one."""
        return fact_of(self.facts, name)


def fact_of(facts: Iterable[Iterable[str]], name: str) -> str:
    """The last fact of that name among pairs; front matter writes names small (`system: Mailer`)."""
    found = {key.casefold(): value for key, value in facts}
    return found.get(name.casefold(), "")
