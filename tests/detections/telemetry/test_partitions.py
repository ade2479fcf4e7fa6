"""Day partitions: made ahead and on demand, dropped whole, also when a drop was cut off."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from detections.telemetry.partitions import EVENTS, MINUTES, day_of, drop, ensure, ensure_ahead, existing
from tests.detections.builders import NOON

FAR = datetime(2031, 3, 4, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.django_db
def test_made_ahead_once() -> None:
    assert ensure_ahead(FAR) == 8
    assert ensure_ahead(FAR) == 0
    days = [FAR.date() + timedelta(days=n) for n in range(4)]
    for table in (EVENTS, MINUTES):
        assert set(days) <= existing(table).keys()


@pytest.mark.django_db
def test_the_day_is_that_of_utc() -> None:
    east = FAR.astimezone(tz=datetime.strptime("+1400", "%z").tzinfo)

    ensure(EVENTS, [east])

    assert date(2031, 3, 4) in existing(EVENTS)
    assert date(2031, 3, 5) not in existing(EVENTS)


def test_foreign_names_are_no_days() -> None:
    assert day_of("detections_event_20310304") == date(2031, 3, 4)
    with pytest.raises(ValueError, match="not a day partition"):
        day_of("detections_event_default")


@pytest.mark.django_db(transaction=True)
def test_several_at_once_make_each_day_once() -> None:
    moments = [FAR + timedelta(days=n) for n in range(5)]
    made: list[int] = []

    def work() -> None:
        ensure(MINUTES, moments)
        made.append(len(moments))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [5] * 4
    assert {moment.date() for moment in moments} <= existing(MINUTES).keys()
    for moment in moments:
        drop(MINUTES, moment.date())


@pytest.mark.django_db(transaction=True)
def test_a_dropped_day_is_gone_and_can_come_again() -> None:
    ensure(EVENTS, [FAR])

    drop(EVENTS, FAR.date())
    drop(EVENTS, FAR.date())

    assert FAR.date() not in existing(EVENTS)
    assert ensure(EVENTS, [FAR, NOON]) >= 1
    drop(EVENTS, FAR.date())


@pytest.mark.django_db(transaction=True)
def test_a_drop_that_was_cut_off_is_finished_by_the_next() -> None:
    ensure(EVENTS, [FAR])
    other = connection.copy()
    try:
        with other.cursor() as reader, connection.cursor() as cursor:
            # A reader keeps the second half of the detachment waiting; the time limit then cuts it off.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM detections_event")
            cursor.execute("SET lock_timeout = '200ms'")
            with pytest.raises(Exception, match="lock timeout"):
                drop(EVENTS, FAR.date())
            reader.execute("COMMIT")
            cursor.execute("SET lock_timeout = 0")
    finally:
        other.close()
    assert FAR.date() in existing(EVENTS)

    drop(EVENTS, FAR.date())

    assert FAR.date() not in existing(EVENTS)
