"""Eight days of history for the demo: events as the applications send them, read and written as ingest does, so that
counts, issues, users and events tell the same, and the baselines that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import sentry_sdk
from django.db import transaction

from bootstrap.systems.models import Environment
from detections.ingest.inbox_row import STORE, InboxRow
from detections.ingest.to_records import to_record
from detections.telemetry import add_counts, partitions
from detections.telemetry.count_models import Coverage
from detections.telemetry.models import Project, ProjectEnvironment, Series
from detections.telemetry.records import EventRecord
from detections.telemetry.user_hashes import user_hashes
from detections.telemetry.write_records import write_records
from opsconsole.demo.catalogue import PROJECTS, DemoProject, DemoRoute, rate_at
from opsconsole.demo.learn import learn
from opsconsole.demo.projects import SYSTEM
from opsconsole.demo.traffic import Sender, a_user, poisson
from opsconsole.lib.clock import MINUTE, floor_minute

# More than the seven days that a baseline needs, so that the demo's baselines are established.
HISTORY = timedelta(days=8)
# Different events of a route; its others differ in time, id and user alone. Reading each anew takes half a minute.
VARIANTS = 30


@dataclass(frozen=True)
class Variant:
    """An event as ingest has read it, and its body."""

    record: EventRecord
    body: dict[str, Any]


Variants = dict[DemoRoute, list[Variant]]


class HistoryTransport(sentry_sdk.Transport):
    """Keeps what the SDK would send."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: sentry_sdk.envelope.Envelope) -> None:
        if event := envelope.get_event():
            self.events.append(dict(event))


def backfill(now: datetime, random: Random) -> Iterator[str]:
    """Write the history of each project that has none. Yields a progress line for each project and day."""
    for demo in PROJECTS:
        project = Project.objects.get(slug=demo.slug)
        if Coverage.objects.filter(project=project).exists():
            yield f"{demo.slug}: history exists"
            continue
        start = floor_minute(now) - HISTORY
        days = [start + timedelta(days=day) for day in range(HISTORY.days)]
        for table in partitions.TABLES:  # beforehand: others wait for what makes partitions
            partitions.ensure(table, [*days, now])
        variants = _variants(project, demo, now, random)
        with transaction.atomic():  # the next start would take half a history for a whole one
            _connect(project, start, now)
            for number, day in enumerate(days, 1):
                _write_day(project, variants, day, random)
                yield f"{demo.slug}: history of day {number} of {HISTORY.days}"
            learn(project, now)


def _variants(project: Project, demo: DemoProject, now: datetime, random: Random) -> Variants:
    """VARIANTS events of each route, as its SDK sends them."""
    kept = HistoryTransport()
    sender = Sender.of(demo, "http://history@127.0.0.1:9/1", transport=kept)
    found: Variants = {}
    for route in demo.routes:
        for _ in range(VARIANTS):
            sender.fail(route, random)
        found[route], kept.events = [_variant(project, payload, now) for payload in kept.events], []
    return found


def _variant(project: Project, payload: dict[str, Any], now: datetime) -> Variant:
    event_id = UUID(payload["event_id"])
    record = to_record(InboxRow(project.id, STORE, now, event_id, b"", "", 0), payload, event_id, None)
    return Variant(record, msgspec.json.decode(record.body or b"{}"))


def _connect(project: Project, start: datetime, now: datetime) -> None:
    """The project's environment, connected at `start`: from then on no events means zero."""
    environment = Environment.objects.get(system__slug=SYSTEM, slug="prod")
    ProjectEnvironment.objects.update_or_create(
        project=project,
        name="prod",
        defaults={"environment": environment, "first_event_at": start, "last_event_at": start},
    )


def _write_day(project: Project, variants: Variants, start: datetime, random: Random) -> None:
    minutes = [start + i * MINUTE for i in range(24 * 60)]
    write_records(
        [
            _record(random.choice(variants[route]), minute, random)
            for minute in minutes
            for route in variants
            for _ in range(poisson(random, rate_at(route, minute)))
        ]
    )
    add_counts.cover(Series.Source.SENTRY, minutes, project.id)


def _record(variant: Variant, minute: datetime, random: Random) -> EventRecord:
    """The event as if it had come in the minute, for another user."""
    at, user = minute + timedelta(seconds=random.randrange(60)), a_user(random)
    event_id = UUID(int=random.getrandbits(128), version=4)
    hashes = user_hashes(variant.record.project_id, user)
    body = {**variant.body, "event_id": event_id.hex, "timestamp": at.isoformat(), "user": user}
    return replace(
        variant.record,
        event_id=event_id,
        received_at=at,
        occurred_at=at,
        user_hash=hashes[0],
        user_hashes=hashes,
        body=msgspec.json.encode(body),
    )
