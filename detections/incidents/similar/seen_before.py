"""Incidents that have something in common with an alert or another incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detections.alerts.models import Alert
from detections.incidents.models import Incident


@dataclass(frozen=True)
class SeenBefore:
    """An earlier incident, and in words what it has in common: `the same rule, the same issue`."""

    incident: Incident
    why: str


def of_alert(alert: Alert) -> Sequence[SeenBefore]:
    """The incidents that have something in common with the alert, the closest first."""
    return ()
