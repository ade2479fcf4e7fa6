"""What the open checklists of an environment say of its variables and flags: in use, signed when, covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.progress import ItemState
from bootstrap.checklists.queries import item_progress_by_run, newest_sign_offs
from bootstrap.checklists.schedules.carried_acts import carried_acts
from bootstrap.config_health.queries import first_made
from bootstrap.systems.models import Environment
from bootstrap.systems.value_rules.flags import IN_TEXT


@dataclass(frozen=True)
class ChecklistDemands:
    """What checklists say, by ids of variables.

    In the run of a new period of a schedule an item stands on its last act until that expires, as for prerequisites.

    - `in_use`: variables with an item that applies.
    - `signed_at`: when the newest signature on each was made; one carried over from an earlier run has its first time.
    - `covered_flags`: the flags that items and sections name; None where no checklist is open.
    """

    in_use: frozenset[int] = frozenset()
    signed_at: Mapping[int, datetime] = field(default_factory=dict)
    covered_flags: frozenset[str] | None = None


def checklist_demands(environment: Environment, now: datetime) -> ChecklistDemands:
    """What all open runs of the environment say as of `now`. Nine statements; three more where one is of
    a schedule."""
    runs = list(Run.objects.filter(environment=environment, closed_at__isnull=True))
    if not runs:
        return ChecklistDemands()
    versions = {run.version_id for run in runs}
    carried = carried_acts({run.pk: run.schedule_id for run in runs if run.schedule_id}, now)
    progress = item_progress_by_run(runs, now, carried)
    links: dict[int, list[tuple[int, int]]] = defaultdict(list)
    item_variables = Item.variables.through.objects.filter(item__section__version__in=versions)
    for version, item, variable in item_variables.values_list("item__section__version_id", "item_id", "configvar_id"):
        links[version].append((item, variable))
    about_variables = {item for pairs in links.values() for item, _ in pairs}
    acts = newest_sign_offs([run.pk for run in runs], about_variables)
    acts |= {(run, item): act for (run, item), act in carried.items() if item in about_variables}
    made_at = first_made([act for act in acts.values() if act.act == SignOff.Act.DONE])
    in_use, signed_at = set(), dict[int, datetime]()
    for run in runs:
        for item, variable in links[run.version_id]:
            if progress[run.pk][item].state is not ItemState.NOT_APPLICABLE:
                in_use.add(variable)
            act = acts.get((run.pk, item))
            if act and (at := made_at.get(act.pk)):
                signed_at[variable] = max(at, signed_at.get(variable, at))
    return ChecklistDemands(frozenset(in_use), signed_at, frozenset(_covered_flags(versions)))


def _covered_flags(versions: Iterable[int]) -> set[str]:
    items = Item.objects.filter(section__version__in=versions)
    sections = Section.objects.filter(version__in=versions)
    names: set[str] = set()
    for name, aliases, *texts in items.values_list(
        "flag__name", "flag__aliases", "key", "text", "body", "condition"
    ).iterator():
        names |= _flag_names(name, aliases, texts)
    for name, aliases, *texts in sections.values_list(
        "gate_flags__name", "gate_flags__aliases", "title", "prose", "notes"
    ).iterator():
        names |= _flag_names(name, aliases, texts)
    return names


def _flag_names(name: str | None, aliases: Iterable[str] | None, texts: Iterable[str]) -> set[str]:
    known = {name, *(aliases or ())} if name else set()
    return {each for each in known if each} | {flag for text in texts for flag in IN_TEXT.findall(text)}
