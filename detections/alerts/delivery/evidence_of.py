"""Reads the evidence behind an alert."""

from __future__ import annotations

import msgspec

from detections.alerts.models import Alert
from detections.rules.evaluation.registry import read_evidence
from detections.rules.evidence.base import EvidenceRecord


def record_of(alert: Alert) -> EvidenceRecord | None:
    """The record behind the alert; None where there is none, or none that this console can read."""
    if alert.evidence is None:
        return None
    try:
        return read_evidence(alert.evidence.data)
    except msgspec.ValidationError:
        return None
