"""What is marked on the charts of errors: alerts that opened, releases that were first seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from detections.alerts.models import Alert, AlertMember
from detections.dashboard.routes.covering_rules import CoveringRule
from detections.rules.models import Severity
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.releases.keep import OTHER
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib.charts.time_chart import Mark
from opsconsole.lib.text.releases import short_release

MOST_RELEASES = 50  # the newest; a deploy an hour over 90 days would hide the chart


def alert_marks(rules: Sequence[CoveringRule], start: datetime) -> list[Mark]:
    """A mark where each alert of the covering scopes opened, shared ones included. One query."""
    scopes = [each.scope_id for each in rules if each.scope_id]
    shared = AlertMember.objects.filter(scope__in=scopes).values("alert")
    of_scopes = Q(scope__in=scopes) | Q(pk__in=shared)
    alerts = Alert.objects.filter(of_scopes, opened_at__gte=start).select_related("rule")
    return [
        Mark(alert.opened_at, f"{alert.rule.identifier}, {severity}", severity)
        for alert in alerts.exclude(status=Alert.Status.INACTIVE)
        if (severity := Severity(alert.severity).label.lower())
    ]


def release_marks(place: ProjectEnvironment, start: datetime, end: datetime) -> list[Mark]:
    """A mark at the first event of each release in the place. One query."""
    rows = EnvironmentRelease.objects.filter(project_environment=place, first_seen__gte=start, first_seen__lte=end)
    newest = rows.exclude(release=OTHER).order_by("-first_seen", "-id")[:MOST_RELEASES]
    return [Mark(row.first_seen, short_release(row.release), legend="release first seen") for row in newest]
