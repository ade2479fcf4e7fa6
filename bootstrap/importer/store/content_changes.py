"""How the policies, incidents and references of a version differ from those of the version before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from bootstrap.runbooks.models import RunbookVersion

Rows = Mapping[Hashable, Hashable]


def content_changes(version: RunbookVersion, before: RunbookVersion | None) -> tuple[str, ...]:
    """In words, a phrase for each kind and way: `1 policy added`, `2 policies changed`. Empty where nothing differs.

    Policies that are left out are named by `removals.py`, with the items.
    """
    new, old = _contents(version), _contents(before) if before else {}
    return tuple(phrase for kind, rows in new.items() for phrase in _phrases(kind, rows, old.get(kind, {})))


def _phrases(kind: tuple[str, str], new: Rows, old: Rows) -> Iterator[str]:
    ways = (
        ("added", len(new.keys() - old.keys())),
        ("changed", sum(old[name] != value for name, value in new.items() if name in old)),
        ("no longer in it", 0 if kind[0] == "policy" else len(old.keys() - new.keys())),
    )
    yield from (f"{number:,} {kind[number != 1]} {way}" for way, number in ways if number)


def _contents(version: RunbookVersion) -> dict[tuple[str, str], Rows]:
    """By kind of part, in the singular and the plural: what each is called, and the rest of it. Three queries."""
    policies = version.policies.values_list("title", "text")
    incidents = version.incidents.values_list("title", "date_text", "failure", "bug_class")
    references = version.references.values_list("title", "target")
    return {
        ("policy", "policies"): dict(policies),
        ("incident", "incidents"): {row[:2]: row[2:] for row in incidents},
        ("cross-reference", "cross-references"): dict(references),
    }
