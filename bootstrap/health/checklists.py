"""What the open checklists of an environment say of its variables and flags: in use, signed when, covered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.progress import State
from bootstrap.checklists.queries import newest_sign_offs, standings_of
from bootstrap.systems.models import Environment

_FLAG = re.compile(r"\bFLAG_[A-Z0-9_]+")


@dataclass(frozen=True)
class Told:
    """By ids of variables: `in_use` where an item about one applies, `signed_at` where it is signed done last.

    `covered` are the flags that items and sections name; None where no checklist is open.
    """

    in_use: frozenset[int] = frozenset()
    signed_at: Mapping[int, datetime] = field(default_factory=dict)
    covered: frozenset[str] | None = None


def told_by_checklists(environment: Environment, now: datetime) -> Told:
    """Of all open runs of the environment. Eight statements."""
    runs = list(Run.objects.filter(environment=environment, closed_at__isnull=True))
    if not runs:
        return Told()
    run_of = {run.version_id: run.pk for run in runs}
    standings = standings_of(runs, now)
    links = list(
        Item.variables.through.objects.filter(item__section__version__in=run_of).values_list(
            "item_id", "configvar_id", "item__section__version_id"
        )
    )
    acts = newest_sign_offs(run_of.values(), {item for item, _, _ in links})
    in_use, signed_at = set(), dict[int, datetime]()
    for item, variable, version in links:
        if standings[run_of[version]][item].state is not State.NOT_APPLICABLE:
            in_use.add(variable)
        act = acts.get((run_of[version], item))
        if act and act.act == SignOff.Act.DONE:
            signed_at[variable] = max(act.at, signed_at.get(variable, act.at))
    return Told(frozenset(in_use), signed_at, frozenset(_covered(run_of)))


def _covered(versions: Iterable[int]) -> set[str]:
    items = Item.objects.filter(section__version__in=versions)
    sections = Section.objects.filter(version__in=versions)
    names: set[str] = set()
    for name, aliases, *texts in items.values_list(
        "flag__name", "flag__aliases", "key", "text", "body", "condition"
    ).iterator():
        names |= _named(name, aliases, texts)
    for name, aliases, *texts in sections.values_list(
        "gate_flags__name", "gate_flags__aliases", "title", "prose", "notes"
    ).iterator():
        names |= _named(name, aliases, texts)
    return names


def _named(name: str | None, aliases: Iterable[str] | None, texts: Iterable[str]) -> set[str]:
    found = {name, *(aliases or ())} if name else set()
    return {each for each in found if each} | {flag for text in texts for flag in _FLAG.findall(text)}
