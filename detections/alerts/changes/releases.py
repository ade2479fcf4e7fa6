"""Releases whose first event came, of the alert's project and of the others in its environment."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.releases.keep import MAX_NEW, OTHER
from detections.telemetry.releases.models import EnvironmentRelease

NAME = "Release"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """One query."""
    beside = Q(pk=question.place.pk)
    if question.environment is not None:
        beside |= Q(environment=question.environment)
    rows = EnvironmentRelease.objects.filter(
        project_environment__in=ProjectEnvironment.objects.filter(beside).order_by(), **question.within("first_seen")
    ).select_related("project_environment__project")
    return [_change(row) for row in rows.order_by("-first_seen", "-id")[: question.most]]


def _change(row: EnvironmentRelease) -> RecentChange:
    where = row.project_environment.path
    if row.release == OTHER:
        return RecentChange(NAME, row.first_seen, f"More new releases than the {MAX_NEW} a day that are kept", where)
    return RecentChange(NAME, row.first_seen, f"Release {row.release} first seen", where, release=row.release)


SOURCE = ChangeSource(NAME, read)
