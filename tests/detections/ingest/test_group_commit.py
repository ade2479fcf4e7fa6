"""What the thread of the group commit writes beside events: drops, whatever becomes of their projects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError, connection, transaction
from psycopg.errors import DiskFull

from detections.ingest.inbox import blocked, group_commit, insert
from detections.ingest.inbox.group_commit import Flusher
from detections.ingest.inbox_row import ENVELOPE, InboxRow
from detections.ingest.protocol.errors import Refused
from detections.models import Discard
from detections.telemetry.discards import add_discards
from detections.telemetry.records import Drop
from opsconsole.lib import clock
from opsconsole.lib.clock import floor_hour
from tests.detections.builders import project
from tests.waiting import until


@pytest.fixture
def flusher(transactional_db: None) -> Iterator[Flusher]:
    blocked.forget()
    flusher = Flusher(clock.now, lambda: None)
    yield flusher
    flusher.stop()
    blocked.forget()


def test_drops_of_a_deleted_project_hold_up_nothing(flusher: Flusher) -> None:
    kept, deleted = project("raptor"), project("gone")
    gone = deleted.pk
    deleted.delete()
    for project_id in (gone, kept.pk):
        flusher.drop(project_id, clock.now(), "invalid", "error")
    flusher.stop()

    assert list(Discard.objects.values_list("project_id", "n")) == [(kept.pk, 1)]
    assert not blocked.is_blocked()


def test_drops_that_were_given_up_are_counted_once(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "WAIT_SECONDS", 0.3)
    now, raptor = clock.now(), project("raptor")
    add_discards([Drop(raptor.pk, floor_hour(now), "invalid", "error", 1)])
    with transaction.atomic():
        Discard.objects.select_for_update().get()
        flusher.drop(raptor.pk, now, "invalid", "error")
        until(blocked.is_blocked, what="writing is given up")
    until(lambda: not flusher._drops and Discard.objects.get().n > 1, what="they are written")
    flusher.stop()
    assert Discard.objects.get().n == 2


def test_only_an_unreachable_postgresql_is_called_unreachable(
    flusher: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(drops: object) -> None:
        raise DataError("integer out of range")

    monkeypatch.setattr(group_commit, "add_discards", failing)
    flusher.drop(1, clock.now(), "invalid", "error")
    flusher.stop()
    assert not blocked.is_blocked()


def by_now(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, bool]:
    """Whether events and whether pages are refused, once the time for which they wait is over."""
    with monkeypatch.context() as later:
        later.setattr(group_commit, "WAIT_SECONDS", -1.0)
        return flusher.refuses(), flusher.away()


def test_pages_answer_while_the_disk_is_full(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def full(now: Any) -> None:
        tried.append(now)
        raise OperationalError("could not extend file") from DiskFull()

    monkeypatch.setattr(insert, "heartbeat", full)
    flusher.start()
    until(lambda: len(tried) > 1, what="it has failed once")
    assert by_now(flusher, monkeypatch) == (True, False)


def test_pages_answer_while_the_inbox_is_locked(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = threading.Event()
    ask = insert.ask

    def look() -> None:
        ask()
        looked.set()

    raptor = project("raptor")
    flusher.start()
    until(lambda: flusher._heartbeat, what="it runs")
    monkeypatch.setattr(insert, "ask", look)
    monkeypatch.setattr(group_commit, "WAIT_SECONDS", 0.3)
    row = InboxRow(raptor.pk, ENVELOPE, clock.now(), uuid4(), b"{}", "", 2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE detections_inbox IN EXCLUSIVE MODE")
        with pytest.raises(Refused):
            flusher.store(row)
        looked.clear()
        assert looked.wait(30)
        until(lambda: flusher._doubted_since is None, what="PostgreSQL has answered")
        assert not by_now(flusher, monkeypatch)[1]


def test_pages_are_refused_once_postgresql_does_not_answer_at_all(
    flusher: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> None:
        raise OperationalError("PostgreSQL did not answer in time")

    with monkeypatch.context() as hung:
        hung.setattr(insert, "heartbeat", silent)
        hung.setattr(insert, "ask", silent)
        flusher.start()
        until(lambda: by_now(flusher, monkeypatch) == (True, True), what="it is found to be away")
    until(lambda: by_now(flusher, monkeypatch) == (False, False), what="it is back")


def test_requests_do_not_wait_for_a_postgresql_that_hangs(flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answers = threading.Event(), threading.Event()

    def hanging(now: Any) -> None:
        asked.set()
        assert answers.wait(30)

    monkeypatch.setattr(insert, "heartbeat", hanging)
    flusher.start()
    assert asked.wait(30)
    assert not flusher.refuses()
    with monkeypatch.context() as later:
        later.setattr(group_commit, "WAIT_SECONDS", -1.0)
        assert flusher.refuses()
    answers.set()
    flusher.stop()
    assert not flusher.refuses()
