"""Pure: the records behind firings, whichever kind of rule fired (no ORM)."""

from __future__ import annotations

from typing import Any

import msgspec

from detections.rules import config_evidence, evidence

AnyRecord = evidence.Record | config_evidence.ConfigRecord


def as_data(record: AnyRecord) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(record)
    return data


def read(data: dict[str, Any]) -> AnyRecord:
    """Raises msgspec.ValidationError where `data` is no record."""
    if data.get(config_evidence.TAG_FIELD) == config_evidence.TAG:
        return msgspec.convert(data, config_evidence.ConfigRecord)
    return evidence.read(data)


def sentence(record: AnyRecord) -> str:
    """The evidence in one sentence."""
    if isinstance(record, config_evidence.ConfigRecord):
        return config_evidence.sentence(record)
    return evidence.sentence(record)


def agrees(record: AnyRecord) -> bool:
    """Whether what the record says follows from the numbers and findings in it."""
    if isinstance(record, config_evidence.ConfigRecord):
        return config_evidence.severity_of(record.findings, record.severities) == record.severity
    return evidence.recompute(record) == record.p
