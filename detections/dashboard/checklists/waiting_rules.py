"""The rules whose prerequisites are items of an environment's checklists, and their states there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from bootstrap.checklists.item_views import Dependent
from bootstrap.prerequisites import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.rules.active_rules import LoadedRule, rules_in_force
from detections.rules.lifecycle.state import RuleState, RuleStates
from detections.telemetry.models import Project


@dataclass(frozen=True)
class EnvironmentRule:
    """A rule with prerequisites and its state in one environment."""

    rule: LoadedRule
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
        """The prerequisites of its sources, each once."""
        by_name = {each.predicate: each for source in self.state.sources for each in source.prerequisites}
        return tuple(by_name.values())

    @property
    def item_ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(need.item_id for need in self.needs if need.item_id is not None))


def rules_with_prerequisites(environment: Environment, now: datetime) -> list[EnvironmentRule]:
    """The rules in force that have prerequisites in the environment, sorted by name. A fixed number of queries."""
    projects = {"", *Project.objects.filter(app__system=environment.system_id).values_list("slug", flat=True)}
    rules = [
        rule
        for rule in rules_in_force()
        if rule.spec.selector.environment in ("", environment.slug)
        and rule.spec.selector.project in projects
        and any(source.prerequisites for source in rule.spec.selector.sources)
    ]
    states = RuleStates(rules, [environment], now)
    return sorted((EnvironmentRule(rule, states.of(rule, environment)) for rule in rules), key=lambda rule: rule.name)


def waiting_by_item(rules: Iterable[EnvironmentRule]) -> dict[int, list[Dependent]]:
    """By item id, the rules that have the item as a prerequisite, signed or not."""
    waiting: dict[int, list[Dependent]] = defaultdict(list)
    for rule in rules:
        for item_id in rule.item_ids:
            waiting[item_id].append(Dependent(rule.name, rule.title, rule.url))
    return waiting
