"""What the open checklists of an environment say of its variables and flags: in use, signed when, covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.progress import ItemState
from bootstrap.checklists.queries import newest_sign_offs, standings_of
from bootstrap.config_health.queries import first_made
from bootstrap.systems.models import Environment
from bootstrap.systems.value_rules.flags import IN_TEXT


@dataclass(frozen=True)
class ChecklistDemands:
    """By ids of variables: `in_use` where an item about one applies, `signed_at` where it is signed done last,
    which for an act taken over from an earlier run is when it was made there.

    `covered` are the flags that items and sections name; None where no checklist is open.
    """

    in_use: frozenset[int] = frozenset()
    signed_at: Mapping[int, datetime] = field(default_factory=dict)
    covered: frozenset[str] | None = None


def told_by_checklists(environment: Environment, now: datetime) -> ChecklistDemands:
    """Of all open runs of the environment, also several of one version (about different subjects). Nine statements."""
    runs = list(Run.objects.filter(environment=environment, closed_at__isnull=True))
    if not runs:
        return ChecklistDemands()
    versions = {run.version_id for run in runs}
    standings = standings_of(runs, now)
    links: dict[int, list[tuple[int, int]]] = defaultdict(list)
    told = Item.variables.through.objects.filter(item__section__version__in=versions)
    for version, item, variable in told.values_list("item__section__version_id", "item_id", "configvar_id"):
        links[version].append((item, variable))
    acts = newest_sign_offs([run.pk for run in runs], {item for found in links.values() for item, _ in found})
    made = first_made([act for act in acts.values() if act.act == SignOff.Act.DONE])
    in_use, signed_at = set(), dict[int, datetime]()
    for run in runs:
        for item, variable in links[run.version_id]:
            if standings[run.pk][item].state is not ItemState.NOT_APPLICABLE:
                in_use.add(variable)
            act = acts.get((run.pk, item))
            if act and (at := made.get(act.pk)):
                signed_at[variable] = max(at, signed_at.get(variable, at))
    return ChecklistDemands(frozenset(in_use), signed_at, frozenset(_covered(versions)))


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
    return {each for each in found if each} | {flag for text in texts for flag in IN_TEXT.findall(text)}
