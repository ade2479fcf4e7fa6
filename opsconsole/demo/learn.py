"""Baselines of the demo's history, as they would be had the console judged it: without them the first ordinary errors
fire by the floors, and alerts say that nothing was learnt of eight days."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hourly_baselines
from detections.rules.baseline.recount import keys_counting
from detections.rules.counting.counts import streams_of
from detections.rules.models import Scope
from detections.telemetry.models import Project, Series
from opsconsole.lib.clock import floor_hour

# Hours before the running one whose estimates charts of a day show.
SHOWN = 24


def learn(project: Project, now: datetime) -> int:
    """Make the scopes that count the project's series, and estimate the last day's hours of them; returns how many
    scopes."""
    keys = keys_counting(streams_of(Series.objects.filter(project=project)).values())
    Scope.objects.bulk_create([Scope(**key._asdict(), created_at=now) for key in keys], ignore_conflicts=True)
    places = {pk: place for pk, place in environments().items() if place.project_id == project.pk}
    rules = {rule.rule.id: rule for rule in rules_in_force()}
    scopes = list(Scope.objects.filter(rule__in=list(rules), project_environment__in=list(places)))
    for back in range(SHOWN, -1, -1):  # in order: each counts the hour that the one before lacked
        if scopes:
            hourly_baselines.estimate(scopes, rules, places, floor_hour(now) - timedelta(hours=back))
    return len(scopes)
