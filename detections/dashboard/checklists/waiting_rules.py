"""Which rules wait for the items of an environment's checklists, and whether they are armed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from bootstrap.checklists.item_views import Dependent
from bootstrap.prerequisites import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.rules.active_rules import InForce, rules_in_force
from detections.rules.lifecycle.state import RuleState, States
from detections.telemetry.models import Project


@dataclass(frozen=True)
class RuleHere:
    """A rule with prerequisites, as it stands in one environment."""

    rule: InForce
    state: RuleState

    @property
    def name(self) -> str:
        return self.rule.rule.identifier

    @property
    def title(self) -> str:
        return self.rule.rule.title

    @property
    def url(self) -> str:
        return reverse("rule", args=[self.name])

    @property
    def needs(self) -> tuple[PrerequisiteState, ...]:
        """All that its sources ask for, once each."""
        asked = {each.predicate: each for source in self.state.sources for each in source.prerequisites}
        return tuple(asked.values())

    @property
    def item_ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(need.item_id for need in self.needs if need.item_id is not None))


def rules_here(environment: Environment, now: datetime) -> list[RuleHere]:
    """The rules in force that ask for something to be signed in the environment, by name."""
    projects = {"", *Project.objects.filter(app__system=environment.system_id).values_list("slug", flat=True)}
    rules = [
        rule
        for rule in rules_in_force()
        if rule.spec.selector.environment in ("", environment.slug)
        and rule.spec.selector.project in projects
        and any(source.prerequisites for source in rule.spec.selector.sources)
    ]
    states = States(rules, [environment], now)
    found = [RuleHere(rule, states.of(rule, environment)) for rule in rules]
    return sorted(found, key=lambda here: here.name)


def waiting_by_item(rules: Iterable[RuleHere]) -> dict[int, list[Dependent]]:
    """By item id, the rules that have the item among their prerequisites, signed or not."""
    found: dict[int, list[Dependent]] = defaultdict(list)
    for here in rules:
        for item_id in here.item_ids:
            found[item_id].append(Dependent(here.name, here.title, here.url))
    return found
