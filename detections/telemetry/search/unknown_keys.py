"""Says what a key is that a search does not know: the nearest one, and what there is (pure)."""

from __future__ import annotations

from collections.abc import Collection

from detections.telemetry.search.keys import KEYS, NOT_HERE, Domain, find_key, keys_of
from detections.telemetry.search.tree import SearchTerm, SearchWord, value_as_written
from detections.telemetry.search.values import ConditionRefusedError
from opsconsole.lib.lookup import close_matches

_SHOWN = 60
_TAGS_LISTED = 15


def unknown_key(term: SearchTerm, domain: Domain, tags: Collection[str]) -> ConditionRefusedError:
    """The error for a term whose key means nothing in the domain. `tags`: names that can be keys there."""
    name = term.key[:_SHOWN]
    there = ", ".join(key.name for key in keys_of(domain))
    if (why := NOT_HERE.get(term.key.lower())) is not None:
        return ConditionRefusedError(f"“{name}”: {why}. There are: {there}.")
    key = find_key(term.key)
    if key is not None or term.key.startswith("tags["):
        what = f"{key.name} is" if key else "tags are"
        return ConditionRefusedError(f"“{name}”: {what} not searched in {domain.value}. There are: {there}.")
    near = nearest(term.key, domain, tags)
    told = f" Did you mean {' or '.join(near)}?" if near else ""
    if near and term.key.startswith(("-", "~")):
        told = f" Write !{near[0]} to leave out."
    if domain is Domain.ROUTES:
        return ConditionRefusedError(f"“{name}” is no key of {domain.value}.{told} There are: {there}.")
    shown = sorted(tags)[:_TAGS_LISTED]
    listed = f"; tags, such as {', '.join(shown)}" if shown else ""
    value = value_as_written(term.values[0])[:_SHOWN]
    as_text = SearchWord(f"{name}:{term.values[0][:_SHOWN]}", quoted=True)
    return ConditionRefusedError(
        f"“{name}” is neither a key nor a tag of newest events.{told} There are: {there}{listed}. "
        f"For a rare tag write tags[{name}]:{value}, for a text {as_text}."
    )


def nearest(name: str, domain: Domain, tags: Collection[str] = ()) -> list[str]:
    """At most two keys or tags that are spelt like it."""
    spellings = {alias: key.name for key in KEYS if domain in key.domains for alias in (key.name, *key.aliases)}
    found = close_matches(name.lstrip("-~"), [*spellings, *tags], limit=3)
    return list(dict.fromkeys(spellings.get(each, each) for each in found))[:2]
