"""Which rules an item of an environment's checklist arms."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.urls import reverse

from bootstrap.checklists.page import Waiting
from bootstrap.gate import prerequisites
from bootstrap.systems.models import Environment
from detections.rules.models import Rule
from detections.rules.spec import decode
from detections.telemetry.models import Project


def waiting_by_item(environment: Environment, now: datetime) -> dict[int, list[Waiting]]:
    """By item id, the rules that have the item among the prerequisites of a source, signed or not."""
    rules = Rule.objects.exclude(mode__in=[Rule.Mode.DRAFT, Rule.Mode.RETIRED]).exclude(current=None)
    projects = {"", *Project.objects.filter(app__system=environment.system_id).values_list("slug", flat=True)}
    asked: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules.select_related("current").order_by("identifier"):
        assert rule.current
        selector = decode(rule.current.spec).selector
        if selector.environment in ("", environment.slug) and selector.project in projects:
            for predicate in dict.fromkeys(name for source in selector.sources for name in source.prerequisites):
                asked[predicate].append(rule)
    found: dict[int, list[Waiting]] = defaultdict(list)
    for state in prerequisites(environment, asked, now):
        if state.item_id is not None:
            found[state.item_id] += [_waiting(rule) for rule in asked[state.predicate]]
    return found


def _waiting(rule: Rule) -> Waiting:
    return Waiting(rule.identifier, rule.title, reverse("rule", args=[rule.identifier]))
