"""Which rules have anything to judge: whether a series that their selector counts was ever seen."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, Q

from detections.rules.active_rules import InForce
from detections.rules.counting.counts import kind_of
from detections.rules.models import Rule
from detections.rules.spec.schema import Selector
from detections.telemetry.models import Series


def watched(rules: Sequence[InForce]) -> set[int]:
    """Ids of the rules of which at least one series exists, and of those that count nothing: that a deployment
    sends no report is a finding itself. One query, a short look-up for each rule."""
    counting = [rule for rule in rules if rule.spec.counts]
    reading = {rule.rule.pk for rule in rules} - {rule.rule.pk for rule in counting}
    if not counting:
        return reading
    looks = [Exists(Series.objects.filter(_series(rule.spec.selector))) for rule in counting]
    found = Rule.objects.filter(pk=counting[0].rule.pk).values_list(*looks)  # one row, to hang the questions on
    return reading | {rule.rule.pk for rule, seen in zip(counting, found.get(), strict=True) if seen}


def _series(selector: Selector) -> Q:
    """What of the selector the series express; text and tags of events are not looked at."""
    wanted = Q(source__in=[source.source for source in selector.sources])
    if kind := kind_of(selector):
        wanted &= Q(kind=kind)
    if selector.project:
        wanted &= Q(project__slug=selector.project)
    if selector.environment:
        wanted &= Q(project_environment__name=selector.environment)
    if selector.route:
        pattern = _pattern(selector.route)
        wanted &= Q(route__regex=pattern) | (~Q(url_path="") & Q(url_path__regex=pattern))
    return wanted


def _pattern(glob: str) -> str:
    """A glob as a regular expression that PostgreSQL takes, of the meaning that `telemetry.routes.glob` gives it."""
    below = glob.endswith("/*") and glob.strip("*") != "/"
    parts = (glob.removesuffix("/*") if below else glob).split("*")
    literal = ("".join(c if c.isalnum() or c in "/_" else f"\\{c}" for c in part) for part in parts)
    return f"^{'.*'.join(literal)}{'(/.*)?' if below else ''}$"
