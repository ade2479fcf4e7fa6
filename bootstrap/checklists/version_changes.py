"""What changed between two versions of a checklist (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Wording:
    """What an item says. Where it differs between two versions, a sign-off in one does not count in the other; its
    section and level are no part of what was signed."""

    section: str
    text: str
    body: str
    kind: str
    flag: str
    variables: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    condition: str
    two_person: bool
    evidence_required: bool
    evidence_kind: str
    optional: bool
    needs: tuple[str, ...]
    level: str = ""


@dataclass(frozen=True)
class ChangedItem:
    """An item that both versions have, but not with the same wording."""

    key: str
    old: Wording
    new: Wording

    @property
    def what(self) -> tuple[str, ...]:
        """The names of the fields that differ, for people."""
        names = (field.name for field in fields(Wording))
        return tuple(name.replace("_", " ") for name in names if getattr(self.old, name) != getattr(self.new, name))


@dataclass(frozen=True)
class VersionChanges:
    """Items by key, in the order of their version. `same` are the keys whose sign-offs are carried over, `relevelled`
    those of them that another level needs now.
    """

    added: Mapping[str, Wording]
    removed: Mapping[str, Wording]
    changed: tuple[ChangedItem, ...]
    same: tuple[str, ...]
    relevelled: tuple[ChangedItem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.relevelled)


def compare(old: Mapping[str, Wording], new: Mapping[str, Wording]) -> VersionChanges:
    """The changes from `old` to `new`, both by item key. Moving an item to another section or
    level is no change of it.
    """
    both = [key for key in new if key in old]
    changed = [ChangedItem(key, old[key], new[key]) for key in both if _essence(old[key]) != _essence(new[key])]
    different = {each.key for each in changed}
    same = tuple(key for key in both if key not in different)
    return VersionChanges(
        added={key: wording for key, wording in new.items() if key not in old},
        removed={key: wording for key, wording in old.items() if key not in new},
        changed=tuple(changed),
        same=same,
        relevelled=tuple(ChangedItem(key, old[key], new[key]) for key in same if old[key].level != new[key].level),
    )


def _essence(wording: Wording) -> tuple[object, ...]:
    return tuple(getattr(wording, field.name) for field in fields(Wording) if field.name not in ("section", "level"))
