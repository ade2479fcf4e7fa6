"""Pure: the records behind firings, whichever kind of rule fired (no ORM)."""

from __future__ import annotations

from typing import Any

import msgspec

from detections.rules import config_evidence, evidence, health_evidence
from detections.rules.config_evidence import ConfigRecord
from detections.rules.health_evidence import HealthRecord

AnyRecord = evidence.Record | ConfigRecord | HealthRecord
SHAPED: dict[str, type[ConfigRecord | HealthRecord]] = {
    config_evidence.TAG: ConfigRecord,
    health_evidence.TAG: HealthRecord,
}


def as_data(record: AnyRecord) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(record)
    return data


def read(data: dict[str, Any]) -> AnyRecord:
    """Raises msgspec.ValidationError where `data` is no record."""
    shape = SHAPED.get(data.get(config_evidence.TAG_FIELD, ""))
    return msgspec.convert(data, shape) if shape else evidence.read(data)


def sentence(record: AnyRecord) -> str:
    """The evidence in one sentence."""
    match record:
        case ConfigRecord():
            return config_evidence.sentence(record)
        case HealthRecord():
            return health_evidence.sentence(record)
        case _:
            return evidence.sentence(record)


def agrees(record: AnyRecord) -> bool:
    """Whether what the record says follows from the numbers and findings in it."""
    match record:
        case ConfigRecord():
            return config_evidence.severity_of(record.findings, record.severities) == record.severity
        case HealthRecord():
            return health_evidence.agrees(record)
        case _:
            return evidence.recompute(record) == record.p
