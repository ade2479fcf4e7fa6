"""Slots: made once, judged once, oldest first, whoever and however many try."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from detections.dashboard import console_health
from detections.rules.evaluation import on_arrival, scheduler
from detections.rules.models import Evaluation, Evidence, Slot, Verdict
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON

SECOND = timedelta(seconds=1)


@pytest.mark.django_db
def test_the_first_start_makes_one_slot():
    assert scheduler.make_due(NOON + 9 * SECOND) == 1
    assert Slot.objects.get().slot_end == NOON - MINUTE


@pytest.mark.django_db
def test_a_slot_is_due_ten_seconds_after_its_end():
    scheduler.make_due(NOON)
    assert scheduler.make_due(NOON + 9 * SECOND) == 0
    assert scheduler.make_due(NOON + 10 * SECOND) == 1
    assert scheduler.make_due(NOON + 10 * SECOND) == 0
    assert list(Slot.objects.order_by("slot_end").values_list("slot_end", flat=True)) == [NOON - MINUTE, NOON]


@pytest.mark.django_db
def test_after_an_outage_missed_slots_run_oldest_first_up_to_a_day_back():
    scheduler.make_due(NOON)
    now = NOON + timedelta(days=2)
    scheduler.make_due(now)
    due = Slot.objects.filter(status="due")
    assert due.count() == 24 * 60
    assert due.earliest("slot_end").slot_end >= now - timedelta(hours=24)
    # Also the first one, which was due when the outage began.
    assert Slot.objects.filter(status="skipped").count() == 24 * 60 + 1
    first = [scheduler.run_next(now) for _ in range(3)]
    assert first == sorted(first)
    assert first[0] == Slot.objects.filter(status="done").earliest("slot_end").slot_end
    assert scheduler.catch_up(now, most=7) == 7


@pytest.mark.django_db
def test_a_clock_that_jumps_ahead_and_back_is_followed_at_once():
    scheduler.make_due(NOON)
    scheduler.make_due(NOON + 2 * HOUR)
    scheduler.catch_up(NOON + 2 * HOUR, most=500)
    measured = console_health.measure(NOON + MINUTE)
    assert measured.slots_ahead == (2 * HOUR - 2 * MINUTE).total_seconds()
    assert measured.slot_lag == 0
    assert [reason[:22] for reason in measured.reasons()] == ["the clock was set back"]

    assert scheduler.make_due(NOON + MINUTE + 10 * SECOND) == 0  # the minute at hand was judged already
    assert console_health.measure(NOON + MINUTE).reasons() == []
    assert scheduler.make_due(NOON + 3 * MINUTE + 10 * SECOND) == 1
    assert scheduler.run_next(NOON + 3 * MINUTE + 10 * SECOND) == NOON + 3 * MINUTE


@pytest.mark.django_db
def test_slots_ahead_are_no_lag_and_hide_none():
    Slot.objects.create(slot_end=NOON - 9 * MINUTE, status="done")
    Slot.objects.create(slot_end=NOON + 2 * HOUR, status="done")
    assert console_health.measure(NOON).slot_lag == (8 * MINUTE - 10 * SECOND).total_seconds()


@pytest.mark.django_db
def test_a_second_clock_may_be_a_minute_ahead():
    scheduler.make_due(NOON + MINUTE + 10 * SECOND)
    assert scheduler.make_due(NOON) == -0
    assert Slot.objects.get().slot_end == NOON + MINUTE


@pytest.mark.django_db
def test_slots_of_an_outage_say_no_data_and_keep_scopes_restless():
    project = builders.project()
    world.environment(project, since=NOON - HOUR)
    world.covered(NOON - HOUR, NOON + 6 * MINUTE)
    world.rule()
    world.arrive(project, world.events(3, NOON + 5 * MINUTE, **world.plain()), NOON + 5 * MINUTE)
    scheduler.make_due(NOON + 5 * MINUTE)
    now = NOON + 15 * MINUTE + 10 * SECOND
    scheduler.make_due(now)
    while scheduler.run_next(now):
        pass
    outcomes = [outcome for _, outcome, _ in world.told()]
    assert outcomes == ["firing"] * 6 + ["no_data"] * 5


@pytest.mark.django_db(transaction=True)
def test_ticks_and_judges_at_the_same_time_change_nothing_twice():
    project = builders.project()
    world.environment(project, since=NOON - HOUR)
    world.covered(NOON - HOUR, NOON + HOUR)
    world.rule()
    for minute in range(4):
        end = NOON + minute * MINUTE
        world.arrive(project, world.events(3, end, **world.plain()), end)
    scheduler.make_due(NOON - 5 * MINUTE)
    now = NOON + 3 * MINUTE + 10 * SECOND
    start = threading.Barrier(6)
    errors: list[BaseException] = []

    def work(judge: bool) -> None:
        try:
            start.wait()
            if judge:
                on_arrival.judge_all(now)
            else:
                scheduler.make_due(now)
                scheduler.catch_up(now)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(i % 2 == 0,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(Slot.objects.values_list("status", flat=True)) == {"done"}
    final = Evaluation.objects.filter(revision=0)
    assert Evaluation.objects.count() == final.count() == Verdict.objects.count() == Evidence.objects.count()
    told = world.told()
    assert [slot for slot, *_ in told] == sorted({slot for slot, *_ in told})
    before = list(Evaluation.objects.values())
    Slot.objects.update(status="due")  # as if every tick had been lost and came again
    scheduler.catch_up(now)
    on_arrival.judge_all(now)
    assert list(Evaluation.objects.values()) == before
    assert world.told() == told


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_the_slot_due():
    project = builders.project()
    world.environment(project, since=NOON - HOUR)
    world.rule()
    world.arrive(project, world.events(3, NOON, **world.plain()), NOON)
    scheduler.make_due(NOON + 10 * SECOND)
    # The constraint of the last write fails as a connection would that is gone by then.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE detections_slot ADD CONSTRAINT no_end CHECK (status <> 'done')")
    try:
        with pytest.raises(Exception, match="no_end"):
            scheduler.run_next(NOON + 10 * SECOND)
        assert not Evaluation.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE detections_slot DROP CONSTRAINT no_end")
    assert scheduler.run_next(NOON + 10 * SECOND) == NOON
    assert Evaluation.objects.count() == Verdict.objects.count() == 1
