"""What an edited text changes in the checklists of its runbook (pure), as between any two versions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bootstrap.checklists.version_changes import VersionChanges, Wording, compare
from bootstrap.importer.parsed_runbook import ChecklistPart, ItemRow, ParsedRunbook


@dataclass(frozen=True)
class ChecklistDifference:
    """`moved` are the keys that stand in another place or section among those that both have."""

    title: str
    changes: VersionChanges
    moved: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changes or self.moved)

    @property
    def open_again(self) -> tuple[str, ...]:
        """The keys whose sign-offs a run does not keep when it moves to the new version."""
        return (*(each.key for each in self.changes.changed), *self.changes.removed)


def differences(old: ParsedRunbook, new: ParsedRunbook) -> list[ChecklistDifference]:
    """The checklists in which something differs."""
    before = {part.slug: part for part in old.checklists}
    found = (_difference(before.get(part.slug), part) for part in new.checklists)
    return [difference for difference in found if difference]


def _difference(old: ChecklistPart | None, new: ChecklistPart) -> ChecklistDifference:
    one, other = wordings_of(old) if old else {}, wordings_of(new)
    return ChecklistDifference(new.title, compare(one, other), moved(one, other))


def moved(one: Mapping[str, Wording], other: Mapping[str, Wording]) -> tuple[str, ...]:
    """The keys that both have and that stand in another place or section in the other."""
    both = [key for key in one if key in other]
    order = [key for key in other if key in one]
    matcher = difflib.SequenceMatcher(a=both, b=order, autojunk=False)
    kept = {key for block in matcher.get_matching_blocks() for key in both[block.a : block.a + block.size]}
    return tuple(key for key in order if key not in kept or one[key].section != other[key].section)


def wordings_of(part: ChecklistPart) -> dict[str, Wording]:
    """By item key, in order, what each item says."""
    return {item.key: _wording(section.title, item) for section in part.sections for item in section.items}


def _wording(section: str, item: ItemRow) -> Wording:
    needs = [*item.needs_items, *(f"with:{key}" for key in item.together), *(f"one-of:{key}" for key in item.one_of)]
    return Wording(
        section=section,
        text=item.text,
        body=item.body,
        kind=item.kind,
        flag=item.flag,
        variables=item.variables,
        values=tuple(sorted(item.values)),
        condition=item.condition,
        two_person=item.two_person,
        evidence_required=item.evidence_required,
        evidence_kind=item.evidence_kind,
        optional=item.optional,
        level=item.level,
        needs=(*needs, *(f"section:{slug}" for slug in item.needs_sections)),
    )


def unified(old: str, new: str, name: str) -> Iterator[str]:
    """The lines of a patch that `git apply` takes, for the file of that name."""
    before, after = (text.replace("\r\n", "\n").split("\n") for text in (old, new))
    yield from difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
