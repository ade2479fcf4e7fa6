"""Decodes the evidence of an alert."""

from __future__ import annotations

import msgspec

from detections.alerts.models import Alert
from detections.rules.evaluation.registry import read_evidence
from detections.rules.evidence.base import EvidenceRecord


def record_of(alert: Alert) -> EvidenceRecord | None:
    """The alert's evidence as a record; None where it has none, or one that this version cannot read."""
    if alert.evidence is None:
        return None
    try:
        return read_evidence(alert.evidence.data)
    except msgspec.ValidationError:
        return None
