"""Finds what a command names: an environment as `system/environment`, items by key. Says what was near on a miss."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from django.db.models import Q

from bootstrap.checklists.models import Item, Run
from bootstrap.systems.models import Environment


class NotFound(LookupError):
    """Nothing has that name; the text says what is near."""


def find_environment(path: str) -> Environment:
    """The environment of `raptor/prod`; the part after the slash may be an alias. Raises NotFound."""
    system, _, name = path.partition("/")
    named = Q(slug=name) | Q(aliases__contains=[name])
    found = Environment.objects.filter(named, system__slug=system).select_related("system").first()
    if found is None:
        known = [environment.path for environment in Environment.objects.select_related("system")]
        raise NotFound(f"No environment {path}. {_near(path, known)}")
    return found


def find_items(environment: Environment, keys: Sequence[str]) -> list[tuple[Run, Item]]:
    """The item of each key in the open runs of the environment, the newest run first. Raises NotFound."""
    runs = list(environment.runs.filter(closed_at=None).select_related("version__checklist", "environment__system"))
    if not runs:
        raise NotFound(f"{environment.path} has no open checklist")
    found: dict[str, tuple[Run, Item]] = {}
    for run in runs:
        for item in Item.objects.filter(section__version=run.version_id):
            found.setdefault(item.key, (run, item))
    missing = [key for key in keys if key not in found]
    if missing:
        texts = (f"No item {key} in the open checklists of {environment.path}. {_near(key, found)}" for key in missing)
        raise NotFound("\n".join(texts))
    return [found[key] for key in dict.fromkeys(keys)]


def _near(name: str, known: Iterable[str]) -> str:
    """Did you mean …: near by spelling, whatever the case; else all that there are."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), by_folded, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(by_folded[folded] for folded in near)}?"
    return f"There are: {', '.join(sorted(by_folded.values())) or 'none'}"
