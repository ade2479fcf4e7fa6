"""What can be done to the items and sections of a text, as data (pure): it can be stored, told, and done again.

Items and sections are named by their references, `checklist:key` and `checklist:slug`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final


@dataclass(frozen=True)
class AddItem:
    """A new item: after the item `after`, before `before`, or (both empty) at the end of the section."""

    section: str
    text: str
    body: str = ""
    after: str = ""
    before: str = ""
    key: str = ""
    kind: str = ""

    def __str__(self) -> str:
        return f"added “{_short(self.text)}”"


@dataclass(frozen=True)
class ChangeItem:
    """Other words for an item. `key`: the one that it is to have; empty for the one that its words give. `kind`: empty
    for the one that its words say. `body` None leaves what stands beneath it."""

    item: str
    text: str
    body: str | None = None
    key: str = ""
    kind: str = ""

    def __str__(self) -> str:
        return f"changed {key_of(self.item)}"


@dataclass(frozen=True)
class MoveItem:
    """An item with its sub-items to another place: after or before an item, or at the end of a section."""

    item: str
    section: str = ""
    after: str = ""
    before: str = ""

    def __str__(self) -> str:
        where = self.after or self.before or self.section
        word = "after" if self.after else "before" if self.before else "to the section"
        return f"moved {key_of(self.item)} {word} {key_of(where)}"


@dataclass(frozen=True)
class SplitItem:
    """An item as several: the first keeps its key and what stands beneath it, the others follow it."""

    item: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        return f"split {key_of(self.item)} into {len(self.texts)}"


@dataclass(frozen=True)
class JoinItems:
    """An item and the one after it as one, with the key of the first."""

    item: str
    text: str

    def __str__(self) -> str:
        return f"joined {key_of(self.item)} with the item after it"


@dataclass(frozen=True)
class RemoveItem:
    """An item with its sub-items gone."""

    item: str

    def __str__(self) -> str:
        return f"removed {key_of(self.item)}"


@dataclass(frozen=True)
class AddSection:
    """A new section after another one and what lies beneath that, with a first item."""

    after: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"added the section “{_short(self.title)}”"


@dataclass(frozen=True)
class RenameSection:
    section: str
    title: str

    def __str__(self) -> str:
        return f"renamed the section {key_of(self.section)} to “{_short(self.title)}”"


@dataclass(frozen=True)
class MoveSection:
    """A section with what lies beneath it, before or after a section of the same level."""

    section: str
    after: str = ""
    before: str = ""

    def __str__(self) -> str:
        word = "after" if self.after else "before"
        return f"moved the section {key_of(self.section)} {word} {key_of(self.after or self.before)}"


Act = AddItem | ChangeItem | MoveItem | SplitItem | JoinItems | RemoveItem | AddSection | RenameSection | MoveSection
_BY_NAME: Final[Mapping[str, type[Act]]] = {
    "add": AddItem,
    "change": ChangeItem,
    "move": MoveItem,
    "split": SplitItem,
    "join": JoinItems,
    "remove": RemoveItem,
    "add_section": AddSection,
    "rename_section": RenameSection,
    "move_section": MoveSection,
}
_NAMES: Final[Mapping[type[Act], str]] = {kind: name for name, kind in _BY_NAME.items()}


class EditRefused(ValueError):
    """The act cannot be done; the message says why and what can be done instead."""


def key_of(ref: str) -> str:
    """The key or slug of a reference."""
    return ref.partition(":")[2]


def as_row(act: Act) -> dict[str, Any]:
    """The act as JSON."""
    return {"act": _NAMES[type(act)], **asdict(act)}


def from_row(row: Mapping[str, Any]) -> Act:
    """The act of such JSON."""
    kind = _BY_NAME[row["act"]]
    names = {field.name for field in fields(kind)}
    values: dict[str, Any] = {name: value for name, value in row.items() if name in names}
    if "texts" in values:
        values["texts"] = tuple(values["texts"])
    return kind(**values)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
