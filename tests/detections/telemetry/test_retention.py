"""What is too old goes, by days and with what belongs to it; what is not stays."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from detections.ingest.digest import digest_batch
from detections.telemetry import partitions, retention, tasks
from detections.telemetry.add_counts import cover
from detections.telemetry.count_models import Coverage, HourCount, MinuteCount, Receipt
from detections.telemetry.models import Event, Issue, Series
from detections.telemetry.retention import RetentionDays, drop_some, plan
from opsconsole.lib import clock
from opsconsole.lib.db import backup_lock
from tests.detections.builders import NOON, arrive, event, project

pytestmark = pytest.mark.django_db(transaction=True)

KEEP = RetentionDays(events=90, minutes=35)


def test_old_days_and_their_issues_go_and_the_rest_stays() -> None:
    raptor = project()
    for days, fingerprint in ((91, "old"), (60, "middle"), (0, "new")):
        at = NOON - timedelta(days=days)
        arrive(raptor, event(timestamp=at.isoformat(), fingerprint=[fingerprint], transaction=f"/{fingerprint}"), at=at)
        digest_batch(at)
        cover("sentry", [at])

    steps = plan(NOON, KEEP)
    assert Event.objects.count() == 3
    for step in steps:
        step.run()

    assert Event.objects.count() == 2
    assert set(Series.objects.values_list("route", flat=True)) == {"/middle", "/new"}
    assert HourCount.objects.count() == 2
    assert MinuteCount.objects.count() == 1
    assert Issue.objects.count() == 2
    assert Coverage.objects.count() == 2
    assert Receipt.objects.count() == 1
    assert plan(NOON, KEEP) == []


def test_a_day_stays_until_all_of_it_is_too_old() -> None:
    edge = NOON - timedelta(days=90)
    partitions.ensure(partitions.EVENTS, [edge, edge - timedelta(days=1)])

    named = [step.what for step in plan(NOON, KEEP)]

    assert partitions.name_of(partitions.EVENTS, edge.date() - timedelta(days=1)) in named
    assert partitions.name_of(partitions.EVENTS, edge.date()) not in named


def test_no_day_is_dropped_under_a_backup() -> None:
    """It would wait for pg_dump, and the worker with it."""
    old = NOON - timedelta(days=92)
    partitions.ensure(partitions.EVENTS, [old])
    reader = connection.copy()
    try:
        with reader.cursor() as cursor:
            reader.set_autocommit(False)
            cursor.execute(backup_lock._HOLD)
            assert plan(NOON, KEEP) == []
            reader.rollback()
        # Days that other tests made stay: emptying a database between tests drops no partition.
        named = [step.what for step in plan(NOON, KEEP)]
        assert partitions.name_of(partitions.EVENTS, old.date()) in named
    finally:
        reader.close()


def test_many_rows_go_in_slices() -> None:
    raptor = project()
    Receipt.objects.bulk_create(
        Receipt(project=raptor, event_id=uuid4(), received_at=NOON - timedelta(days=9)) for _ in range(5001)
    )

    step = next(step for step in plan(NOON, KEEP) if step.what == "receipts")
    assert step.rows == 5001
    step.run()
    assert not Receipt.objects.exists()


def test_the_dry_run_shows_and_keeps() -> None:
    raptor = project()
    Receipt.objects.create(project=raptor, event_id=uuid4(), received_at=clock.now() - timedelta(days=9))
    shown, done = StringIO(), StringIO()

    call_command("retention", "--dry-run", stdout=shown)
    assert "would drop receipts: 1 rows" in shown.getvalue()
    assert Receipt.objects.exists()
    call_command("retention", stdout=done)
    assert not Receipt.objects.exists()


def test_a_turn_stops_between_slices_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    raptor = project()
    monkeypatch.setattr(retention, "SLICE", 2)
    old = NOON - timedelta(days=9)
    Receipt.objects.bulk_create(Receipt(project=raptor, event_id=uuid4(), received_at=old) for _ in range(5))

    # By what is gone, not by how often it asks: other tests leave partitions behind, which go first.
    assert drop_some(NOON, KEEP, lambda: Receipt.objects.count() <= 1)
    assert Receipt.objects.count() == 1
    assert not drop_some(NOON, KEEP, lambda: False)
    assert not Receipt.objects.exists()


def test_the_task_sends_itself_again_while_something_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.task_trigger, "send_once", sent.append)
    left = iter([True, False])
    monkeypatch.setattr(tasks, "drop_some", lambda *_: next(left))

    tasks.drop_old()
    tasks.drop_old()

    assert sent == ["detections.retention"]
