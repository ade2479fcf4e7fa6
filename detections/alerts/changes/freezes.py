"""Rollouts that people froze and let go, of probe targets in the places and environments in question."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange
from detections.probes.models import ProbeFreeze

NAME, FREEZE = "Rollout", "probefreeze"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """One query; none without a place."""
    if not question.places and not question.environments:
        return []
    there = Q(target__project_environment__in=question.places)
    if question.environments:
        there |= Q(target__project_environment__environment__in=question.environments)
    rows = ProbeFreeze.objects.filter(question.unread(FREEZE), there, **question.within("at"))
    rows = rows.select_related("target__project_environment__project")
    return [_change(row) for row in rows.order_by("-at", "-id")[: question.most]]


def _change(row: ProbeFreeze) -> RecentChange:
    words = f"Rollout {row.target.name} {'frozen' if row.frozen else 'let go'}: {row.reason}"
    where, ref = row.target.project_environment.path, f"{FREEZE}:{row.pk}"
    page = reverse("probe_target", args=[row.target.slug])
    return RecentChange(NAME, row.at, words, ref, where, who=row.actor_name, url=page, notable=True)


SOURCE = ChangeSource(NAME, read)
