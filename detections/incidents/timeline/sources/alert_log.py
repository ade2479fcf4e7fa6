"""What its log says of each alert, in words: shared by the sources `alert_states` and `handling`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from detections.alerts.episode.store import ENGINE
from detections.alerts.models import AlertLog
from detections.incidents.timeline.sources.contract import GatheredLine, GatherQuestion
from detections.incidents.timeline_models import TimelineLine
from detections.telemetry.routes import MORE

PROGRAMS = (ENGINE, "clock")  # who acts where no person did
RELATED = ("alert__rule", "alert__project", "alert__project_environment", "alert__evidence", "evidence")
Words = Callable[[AlertLog], str]


def lines(
    question: GatherQuestion, wanted: Q, kind: TimelineLine.Kind, words: Words, important: Callable[[AlertLog], bool]
) -> Sequence[GatheredLine]:
    """The lines of the wanted rows of the log. One query; none without alerts."""
    if not question.alerts:
        return []
    rows = AlertLog.objects.filter(question.unread("alertlog"), wanted, alert__in=question.alerts)
    newest = rows.select_related(*RELATED).order_by("-id")[: question.most]
    return [_line(row, kind, words(row), important=important(row)) for row in newest]


def subject(row: AlertLog) -> str:
    """The alert in a sentence: `DET-BE-001 on POST /api/verify`."""
    alert = row.alert
    group = "more groups" if alert.group_key == MORE else alert.group_key
    return f"{alert.rule.identifier} on {group}" if group else alert.rule.identifier


def with_reason(words: str, why: str) -> str:
    """`Acknowledged: it takes over`."""
    return f"{words}: {why}" if why else words


def _line(row: AlertLog, kind: TimelineLine.Kind, text: str, *, important: bool) -> GatheredLine:
    program = row.actor_id is None and row.actor_name in PROGRAMS
    return GatheredLine(
        f"alertlog:{row.pk}",
        kind,
        _happened(row),
        text,
        where=row.alert.where,
        actor=row.actor_id,
        actor_name="" if program else row.actor_name,
        url=reverse("alert", args=[row.alert_id]),
        important=important,
    )


def _happened(row: AlertLog) -> datetime:
    """When: of the opening, when the condition was first seen to hold, which may be before it was judged."""
    return min(row.alert.opened_at, row.at) if row.kind == "opened" else row.at
