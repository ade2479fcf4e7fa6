"""Events of a fixture: what they consist of, and how they pass through the real ingest code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import msgspec

from detections.ingest.inbox_row import STORE, InboxRow
from detections.ingest.to_records import to_record
from detections.rules.evaluation.evaluator import FixtureInput
from detections.telemetry.models import Project
from detections.telemetry.records import EventRecord
from detections.telemetry.write_records import write_records


class FixtureEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event, by how long before the fixture's end it happened."""

    seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    event: dict[str, Any]


def _minutes(sent: FixtureEvent) -> int:
    return int(sent.seconds_before_end // 60)


def _create(project: Project, environment: str, events: Sequence[FixtureEvent], end: datetime) -> None:
    write_records([_record(project, sent, environment, end) for sent in events])


def _record(project: Project, sent: FixtureEvent, environment: str, end: datetime) -> EventRecord:
    at = end - timedelta(seconds=sent.seconds_before_end)
    row = InboxRow(project.id, STORE, at, uuid4(), b"", encoding="", size=0)
    payload = {"environment": environment, **sent.event, "timestamp": at.isoformat()}
    return to_record(row, payload, row.event_id, None)


EVENTS = FixtureInput("events", FixtureEvent, _minutes, _create)
