"""What changed between two versions of a checklist (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Wording:
    """All that makes an item what it is; where it differs, a sign-off of the one says nothing about the other."""

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


@dataclass(frozen=True)
class Changed:
    """An item that both versions have, with the names of what differs."""

    key: str
    old: Wording
    new: Wording

    @property
    def what(self) -> tuple[str, ...]:
        names = (field.name for field in fields(Wording))
        return tuple(name.replace("_", " ") for name in names if getattr(self.old, name) != getattr(self.new, name))


@dataclass(frozen=True)
class Changes:
    """In the order of their version; `added` and `removed` by key, `same` are keys whose sign-offs stay good."""

    added: Mapping[str, Wording]
    removed: Mapping[str, Wording]
    changed: tuple[Changed, ...]
    same: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(old: Mapping[str, Wording], new: Mapping[str, Wording]) -> Changes:
    """Both by key. Moving to another section is no change of an item: it is done wherever it stands."""
    both = [key for key in new if key in old]
    changed = [Changed(key, old[key], new[key]) for key in both if _essence(old[key]) != _essence(new[key])]
    different = {each.key for each in changed}
    return Changes(
        added={key: wording for key, wording in new.items() if key not in old},
        removed={key: wording for key, wording in old.items() if key not in new},
        changed=tuple(changed),
        same=tuple(key for key in both if key not in different),
    )


def _essence(wording: Wording) -> tuple[object, ...]:
    return tuple(getattr(wording, field.name) for field in fields(Wording) if field.name != "section")
