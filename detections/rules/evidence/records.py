"""Pure: the records behind firings, whichever kind of rule fired (no ORM)."""

from __future__ import annotations

from typing import Any

import msgspec

from detections.rules.evidence import config_finding, event_rate, rule_health
from detections.rules.evidence.config_finding import ConfigRecord
from detections.rules.evidence.rule_health import HealthRecord

AnyRecord = event_rate.Record | ConfigRecord | HealthRecord
SHAPED: dict[str, type[ConfigRecord | HealthRecord]] = {
    config_finding.TAG: ConfigRecord,
    rule_health.TAG: HealthRecord,
}


def as_data(record: AnyRecord) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(record)
    return data


def read(data: dict[str, Any]) -> AnyRecord:
    """Raises msgspec.ValidationError where `data` is no record."""
    shape = SHAPED.get(data.get(config_finding.TAG_FIELD, ""))
    return msgspec.convert(data, shape) if shape else event_rate.read(data)


def sentence(record: AnyRecord) -> str:
    """The evidence in one sentence."""
    match record:
        case ConfigRecord():
            return config_finding.sentence(record)
        case HealthRecord():
            return rule_health.sentence(record)
        case _:
            return event_rate.sentence(record)


def agrees(record: AnyRecord) -> bool:
    """Whether what the record says follows from the numbers and findings in it."""
    match record:
        case ConfigRecord():
            return config_finding.severity_of(record.findings, record.severities) == record.severity
        case HealthRecord():
            return rule_health.agrees(record)
        case _:
            return event_rate.recompute(record) == record.p
