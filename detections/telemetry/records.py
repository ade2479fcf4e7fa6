"""Rows on their way into telemetry's tables (pure): events, series, counts, and what was not kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(slots=True)
class EventRecord:
    """One scrubbed event, from ingest to `detections_event`. Made by `ingest.to_records`, stored by
    `telemetry.write_records`.

    Texts fit their columns; times are aware UTC. `environment` is the name as sent, `body` the whole event as JSON
    bytes, `handler` the application's name for the route where that differs, `numbers` what stands in its path
    (`telemetry.places.numbers`), `chain` and `places` the fields that signatures match
    (`ingest.event.signature_fields`), `user_hashes` those of telemetry.user_hashes, `user_hash` the first of them. The
    three ids at the end are 0 until `telemetry.write_records` has resolved them.
    """

    project_id: int
    event_id: UUID
    received_at: datetime
    occurred_at: datetime
    clock_note: str
    environment: str
    level: str
    source: str
    kind: str
    method: str
    route: str
    title: str
    culprit: str
    exception_type: str
    message: str
    logger: str
    transaction: str
    url: str
    release: str
    trace_id: str
    handled: bool | None
    user_hash: int | None
    fingerprint: str
    grouping: dict[str, Any]
    tags: dict[str, str]
    body: bytes | None
    url_path: str = ""
    handler: str = ""
    numbers: tuple[tuple[str, int], ...] = ()
    chain: list[dict[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    user_hashes: list[int] = field(default_factory=list)
    platform: str = ""
    project_environment_id: int = field(default=0)
    issue_id: int = field(default=0)
    series_id: int = field(default=0)

    @property
    def minute(self) -> datetime:
        """Start of the minute in which the event counts."""
        return self.occurred_at.replace(second=0, microsecond=0)

    @property
    def hour(self) -> datetime:
        """Start of the hour in which the event counts."""
        return self.occurred_at.replace(minute=0, second=0, microsecond=0)


class SeriesKey(NamedTuple):
    """What identifies a series. `url_path`: the pattern of the URL's path, "" where it is the route. `selected_by`: for
    folded events, the globs of the rules that select them, one a line."""

    project_id: int
    project_environment_id: int
    source: str
    kind: str
    method: str
    route: str
    url_path: str = ""
    selected_by: str = ""


class Count(NamedTuple):
    """`n` events of a series in the minute that starts at `minute` (aware, UTC, no seconds)."""

    project_id: int
    series_id: int
    minute: datetime
    n: int


class Drop(NamedTuple):
    """`n` items of a category that were not kept for one reason in the hour that starts at `hour`."""

    project_id: int
    hour: datetime
    reason: str
    category: str
    n: int


class ClientReport(NamedTuple):
    """One client report: what an SDK dropped. A report that is sent again has the same id."""

    project_id: int
    report_id: UUID
    received_at: datetime
    drops: list[Drop]
