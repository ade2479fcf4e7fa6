"""Deletes old rows: partitions by day, smaller tables in slices, issues, series, environments without events left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, Model, OuterRef, QuerySet

from detections.telemetry import partitions
from detections.telemetry.count_models import Coverage, Discard, HourCount, Receipt
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease, IssueUser
from detections.telemetry.models import Event, Issue, IssueHour, ProjectEnvironment, Series
from detections.telemetry.places.rule_selection import RuleSelection
from detections.telemetry.places.times import RENEWED
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib.db.backup_lock import backup_is_running
from opsconsole.lib.db.unreferenced import unreferenced

logger = logging.getLogger(__name__)

# Rows deleted by one statement: some 50 ms, so that nothing has to wait for it.
SLICE = 5000
# An event that is sent again later than this counts again. SDKs that buffer offline send within a day.
RECEIPT_DAYS = 8


@dataclass(frozen=True)
class RetentionDays:
    """Days for which events (with hours, issues, coverage, discards) and minute counts are kept."""

    events: int
    minutes: int


@dataclass(frozen=True)
class RetentionStep:
    """A deletion: of a partition (`rows` None: not counted) or of rows of a table; `run` carries it out."""

    what: str
    rows: int | None
    run: Callable[[], None]


def plan(now: datetime, keep: RetentionDays) -> list[RetentionStep]:
    """The deletions due at `now`, partitions first. Nothing changes before they are run."""
    return [*_old_partitions(now, keep), *steps_for(_old_rows(now, keep))]


def drop_some(now: datetime, keep: RetentionDays, time_is_up: Callable[[], bool]) -> bool:
    """Deletes old rows, a partition or a slice at a time; True when `time_is_up` before all were deleted.

    Does not count rows first, so that the next run soon continues where this one stopped.
    """
    for step in _old_partitions(now, keep):
        if time_is_up():
            return True
        step.run()
        logger.info("dropped %s", step.what)
    return drop_rows(_old_rows(now, keep), time_is_up)


def drop_rows(old: Iterable[tuple[str, QuerySet[Model]]], time_is_up: Callable[[], bool]) -> bool:
    """Deletes the rows of each query, a slice at a time; True when `time_is_up` before all were deleted."""
    for name, rows in old:
        dropped = 0
        while not (late := time_is_up()) and (number := _drop_slice(rows)):
            dropped += number
        if dropped:
            logger.info("dropped %s", name, extra={"rows": dropped})
        if late:
            return True
    return False


def _old_partitions(now: datetime, keep: RetentionDays) -> list[RetentionStep]:
    """None while a backup reads them: the next night drops them."""
    if backup_is_running():
        logger.info("no days dropped: a backup is being made")
        return []
    events, minutes = now - timedelta(days=keep.events), now - timedelta(days=keep.minutes)
    return [*_partitions(partitions.EVENTS, events), *_partitions(partitions.MINUTES, minutes)]


def _old_rows(now: datetime, keep: RetentionDays) -> list[tuple[str, QuerySet[Model]]]:
    events = now - timedelta(days=keep.events)
    return [
        ("receipts", _rows(Receipt.objects.filter(received_at__lt=now - timedelta(days=RECEIPT_DAYS)))),
        ("hour counts", _rows(HourCount.objects.filter(hour__lt=events))),
        ("hours of issues", _rows(IssueHour.objects.filter(hour__lt=events))),
        ("releases of issues", _rows(IssueRelease.objects.filter(last_seen__lt=events))),
        ("minutes of coverage", _rows(Coverage.objects.filter(minute__lt=events))),
        ("discards", _rows(Discard.objects.filter(hour__lt=events))),
        ("issues without events", _rows(_empty_issues(events))),
        ("series without counts", _rows(_empty_series(events))),
        ("releases without events", _rows(EnvironmentRelease.objects.filter(last_seen__lt=events - RENEWED))),
        ("unknown environments without events", _rows(_unused_environments(events))),
    ]


def steps_for(old: Iterable[tuple[str, QuerySet[Model]]]) -> list[RetentionStep]:
    """A deletion for each named query that has rows; also used by packages above for their own tables."""
    return [RetentionStep(name, count, _deletes(rows)) for name, rows in old if (count := rows.count())]


def _partitions(table: str, before: datetime) -> Iterator[RetentionStep]:
    """The deletions of days that are entirely older than `before`."""
    for day in partitions.existing(table):
        if day < before.date():
            yield RetentionStep(partitions.name_of(table, day), None, partial(partitions.drop, table, day))


def _rows(rows: QuerySet[Model]) -> QuerySet[Model]:
    return rows.order_by("pk")


def _empty_issues(before: datetime) -> QuerySet[Issue]:
    # Events that remain once the old days are dropped: the day of `before` is kept.
    stored = Event.objects.filter(issue=OuterRef("pk"), received_at__gte=before.replace(hour=0, minute=0, second=0))
    return Issue.objects.filter(~Exists(stored), last_seen__lt=before)


def _empty_series(before: datetime) -> QuerySet[Series]:
    counted = HourCount.objects.filter(series=OuterRef("pk"), hour__gte=before)
    linked = Series.objects.filter(canonical=OuterRef("pk"))  # these go first
    return Series.objects.filter(~Exists(counted), ~Exists(linked), last_seen__lt=before)


def _unused_environments(before: datetime) -> QuerySet[ProjectEnvironment]:
    """Environments that only events named, of which none was received since `before`. One stays that is linked, that a
    rule names, or that anything refers to: series, scopes, alerts, exclusions and their history."""
    named = RuleSelection.objects.filter(environment=OuterRef("name"))
    unknown = ProjectEnvironment.objects.filter(~Exists(named), environment=None, placed_at__lt=before - RENEWED)
    # Of events `placed_at` tells, which is written when one comes; what is kept of its events goes with it.
    return unreferenced(unknown, besides=[Event, EnvironmentRelease, IssueEnvironment, IssueRelease, IssueUser])


def _deletes(rows: QuerySet[Model]) -> Callable[[], None]:
    def run() -> None:
        """Deletes in slices, each in its own transaction, with dependent rows."""
        while _drop_slice(rows):
            pass

    return run


def _drop_slice(rows: QuerySet[Model]) -> int:
    ids = list(rows.values_list("pk", flat=True)[:SLICE])
    if ids:
        # What refers to them may be read first, and they with it: without what is long in them.
        rows.model._default_manager.filter(pk__in=ids).only("pk").delete()
    return len(ids)
