"""Which rules have data: whether any series matches their selector."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, Q, QuerySet

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import kind_of
from detections.rules.models import Rule
from detections.rules.spec.selector import Selector
from detections.telemetry.models import Series


def rules_with_series(rules: Sequence[LoadedRule]) -> set[int]:
    """Ids of the rules that at least one series matches, and of those that count nothing (a missing report is a finding
    of its own). One query with a subquery for each rule."""
    counting = [rule for rule in rules if rule.spec.counts]
    reading = {rule.rule.pk for rule in rules} - {rule.rule.pk for rule in counting}
    if not counting:
        return reading
    matching = [Exists(series_of(rule.spec.selector)) for rule in counting]
    row = Rule.objects.filter(pk=counting[0].rule.pk).values_list(*matching)  # any one row: only the subqueries count
    return reading | {rule.rule.pk for rule, seen in zip(counting, row.get(), strict=True) if seen}


def series_of(selector: Selector) -> QuerySet[Series]:
    """The series that match the selector, apart from message, tags and other fields of single events."""
    wanted = Q(source__in=[source.source for source in selector.sources])
    if kind := kind_of(selector):
        wanted &= Q(kind=kind)
    if selector.project:
        wanted &= Q(project__slug=selector.project)
    if selector.environment:
        wanted &= Q(project_environment__name=selector.environment)
    if selector.route:
        pattern = _pattern(selector.route)
        on_path = Q(route__regex=pattern) | (~Q(url_path="") & Q(url_path__regex=pattern))
        wanted &= on_path | (~Q(selected_by="") & Q(selected_by__regex=rf"(^|\n){_literal(selector.route)}(\n|$)"))
    return Series.objects.filter(wanted)


def _pattern(glob: str) -> str:
    """The PostgreSQL regular expression of a glob, with the meaning of `telemetry.routes.glob`."""
    below = glob.endswith("/*") and glob.strip("*") != "/"
    parts = (glob.removesuffix("/*") if below else glob).split("*")
    return f"^{'.*'.join(map(_literal, parts))}{'(/.*)?' if below else ''}$"


def _literal(text: str) -> str:
    return "".join(c if c.isalnum() or c in "/_" else f"\\{c}" for c in text)
