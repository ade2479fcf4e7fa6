"""One event on its way into the tables (pure): what ingest read out of it, and what writing it resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(slots=True)
class Record:
    """A scrubbed event. Texts fit their columns; times are aware UTC; `body` is the whole event as JSON bytes.

    `chain` and `places` are what signatures match of it: see `ingest.matching`.

    `environment` is the name as sent. The three ids at the end are 0 until `telemetry.write` has resolved them.
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
    chain: list[dict[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    project_environment_id: int = field(default=0)
    issue_id: int = field(default=0)
    series_id: int = field(default=0)

    @property
    def minute(self) -> datetime:
        return self.occurred_at.replace(second=0, microsecond=0)

    @property
    def hour(self) -> datetime:
        return self.occurred_at.replace(minute=0, second=0, microsecond=0)


class SeriesKey(NamedTuple):
    """What makes a series: the environment row of the project, source, kind, method, route, and the URL's path pattern
    where that is not the route's."""

    project_id: int
    project_environment_id: int
    source: str
    kind: str
    method: str
    route: str
    url_path: str = ""


class Count(NamedTuple):
    """`n` events of a series in the minute that starts at `minute` (aware, UTC, no seconds)."""

    project_id: int
    series_id: int
    minute: datetime
    n: int


class Drop(NamedTuple):
    """`n` things of a category that were not kept, for a reason, in the hour that starts at `hour`."""

    project_id: int
    hour: datetime
    reason: str
    category: str
    n: int
