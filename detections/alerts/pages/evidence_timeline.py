"""The evidence of an alert over time: at opening, the strongest, and at present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detections.alerts.models import Alert, AlertLog


@dataclass(frozen=True)
class EvidenceLine:
    """A sentence of evidence. `at` is the time of the evaluation; None for the present."""

    label: str
    at: datetime | None
    sentence: str


def timeline(alert: Alert, log: Sequence[AlertLog], present: str) -> list[EvidenceLine]:
    """At most three lines: opening, the strongest where it differs, and `present` where there is any; that is the first
    once the alert fires no more."""
    opening = next((row for row in log if row.kind == "opened" and row.evidence is not None), None)
    lines = []
    if opening is not None and opening.evidence is not None:
        lines.append(EvidenceLine("At opening", alert.opened_at, opening.evidence.sentence))
    strongest = alert.evidence
    # With the sentence of the opening it adds nothing.
    if strongest is not None and strongest.sentence not in {line.sentence for line in lines}:
        lines.append(EvidenceLine("Strongest", min(strongest.slot_end, strongest.created_at), strongest.sentence))
    now = [EvidenceLine("Now", None, present)] if present else []
    return [*now, *lines] if fires_no_more(alert) else [*lines, *now]


def fires_no_more(alert: Alert) -> bool:
    """Whether what holds now is another thing than what it fired for."""
    return alert.status in (Alert.Status.RECOVERING, Alert.Status.RESOLVED, Alert.Status.INACTIVE)
