"""What people and the clock did about its alerts: acknowledged, handed over, escalated, called, judged."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from detections.alerts.models import AlertLog
from detections.incidents.timeline.sources.alert_log import lines, subject, with_reason
from detections.incidents.timeline.sources.contract import GatheredLine, GatherQuestion
from detections.incidents.timeline_models import TimelineLine

HANDLING = ("acknowledged", "unacknowledged", "reminder", "assigned", "responder", "escalation", "disposition")


def read(question: GatherQuestion) -> Sequence[GatheredLine]:
    """One query."""
    return lines(question, Q(kind__in=HANDLING), TimelineLine.Kind.ACKNOWLEDGMENT, words, important)


def words(row: AlertLog) -> str:
    """The sentence of a row of the log."""
    what = subject(row)
    if row.kind in ("acknowledged", "unacknowledged"):
        return with_reason(f"{what} {row.kind}", row.why)
    if row.kind == "reminder":
        return with_reason(f"{what}: {row.new or 'who has it'} is reminded", row.why)
    if row.kind == "disposition":
        judged = row.new.replace("_", " ") or "taken back"
        return with_reason(f"{what}: disposition {judged}", row.why)
    return with_reason(f"{what}: {row.new or row.kind}", row.why)


def important(row: AlertLog) -> bool:
    """Who took it and who got it."""
    return row.kind in ("acknowledged", "assigned")
