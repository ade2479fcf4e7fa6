"""How its alerts went: opened, firing, severity, recovering, resolved, and what else their log says that nobody did."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from detections.alerts.models import AlertLog
from detections.incidents.timeline.sources.alert_log import lines, subject, with_reason
from detections.incidents.timeline.sources.contract import GatheredLine, GatherQuestion
from detections.incidents.timeline.sources.handling import HANDLING
from detections.incidents.timeline_models import TimelineLine

# Of the other kinds `new` says what happened, e.g. `3 more joined`.
STATUSES = ("pending", "firing", "recovering", "resolved", "inactive")


def read(question: GatherQuestion) -> Sequence[GatheredLine]:
    """One query."""
    return lines(question, ~Q(kind__in=HANDLING), TimelineLine.Kind.ALERT, words, important)


def words(row: AlertLog) -> str:
    """The sentence of a row of the log; of the opening with what its evidence says."""
    what = subject(row)
    if row.kind == "opened":
        evidence = row.evidence.sentence if row.evidence else row.why
        return with_reason(f"{what} opened", evidence)
    if row.kind in STATUSES:
        return with_reason(f"{what} is {row.new}", row.why)
    if row.kind == "severity":
        return with_reason(f"{what}: severity {row.old} → {row.new}", row.why)
    if row.kind == "late":
        return with_reason(f"{what}: {row.new}", row.why)
    return with_reason(f"{what}: {row.new or row.kind}", row.why)


def important(row: AlertLog) -> bool:
    """The opening, the end, and a severity that rose."""
    rose = row.kind == "severity" and row.why == "rose"
    return rose or row.kind in ("opened", "resolved")
