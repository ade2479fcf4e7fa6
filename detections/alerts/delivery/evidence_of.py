"""What an alert stands on, read from its evidence: counts, a configuration report, or errors of a rule."""

from __future__ import annotations

import msgspec

from detections.alerts.models import Alert
from detections.rules.evidence.config_finding import ConfigRecord
from detections.rules.evidence.event_rate import Record
from detections.rules.evidence.records import AnyRecord, read
from detections.rules.evidence.rule_health import HealthRecord


def record_of(alert: Alert) -> AnyRecord | None:
    """The record behind the alert; None where the evidence is not readable as one."""
    if alert.evidence is None:
        return None
    try:
        return read(alert.evidence.data)
    except msgspec.ValidationError:
        return None


def counted(record: AnyRecord | None) -> Record | None:
    """The record where the alert's rule counts."""
    return record if isinstance(record, Record) else None


def reported(record: AnyRecord | None) -> ConfigRecord | None:
    """The record where the alert's rule reads configuration reports."""
    return record if isinstance(record, ConfigRecord) else None


def unjudged(record: AnyRecord | None) -> HealthRecord | None:
    """The record where the alert is about a rule that cannot be judged."""
    return record if isinstance(record, HealthRecord) else None
