"""Enabled targets get one run an interval, whoever looks how often; what nobody works on is ended with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from detections.probes import schedule
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.start import start_now
from tests.at_once import race
from tests.detections.probes.rows import MINUTE, NOON, done, running, stored_target
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
State = ProbeRun.State


def queued(now: Any) -> list[str]:
    return [run.target.slug for run in schedule.queue_due(now)]


def test_a_target_gets_a_run_at_the_start_of_each_interval() -> None:
    target = stored_target(interval_minutes=5)
    slots = []
    for minute in range(15):
        for run in schedule.queue_due(NOON + minute * MINUTE):
            slots.append((minute, run.slot))
            ProbeRun.objects.filter(pk=run.pk).update(state=State.DONE)
    assert slots == [(0, NOON), (5, NOON + 5 * MINUTE), (10, NOON + 10 * MINUTE)]
    assert set(target.runs.values_list("trigger", "wanted")) == {("schedule", target.samples)}


def test_one_that_is_switched_off_gets_none_and_each_has_its_own_interval() -> None:
    stored_target("off", enabled=False)
    stored_target("daily", interval_minutes=1440)
    stored_target("often", interval_minutes=1)
    assert queued(NOON) == ["daily", "often"]
    ProbeRun.objects.update(state=State.DONE)
    assert queued(NOON + MINUTE) == ["often"]


def test_while_a_run_is_under_way_none_is_queued_and_the_slot_gets_its_run_afterwards() -> None:
    target = stored_target()
    asked = start_now(target, make_viewer(), NOON)
    assert queued(NOON + MINUTE) == []
    ProbeRun.objects.filter(pk=asked.pk).update(state=State.DONE)
    assert queued(NOON + 2 * MINUTE) == [target.slug]


def test_a_look_takes_one_query_however_many_targets_there_are(django_assert_num_queries: Any) -> None:
    for number in range(3):
        stored_target(f"target-{number}")
    queued(NOON)
    with django_assert_num_queries(1):
        assert queued(NOON + MINUTE) == []
    ProbeRun.objects.update(state=State.DONE)
    with django_assert_num_queries(1):
        assert queued(NOON + MINUTE) == []


@pytest.mark.django_db(transaction=True)
def test_schedulers_at_once_queue_one_run() -> None:
    target = stored_target()
    found = race(lambda _: len(schedule.queue_due(NOON)))
    assert sorted(map(str, found)) == ["0", "0", "0", "1"]
    assert target.runs.count() == 1


def test_a_run_whose_prober_is_silent_is_interrupted_and_keeps_its_samples() -> None:
    target = stored_target()
    run = running(target)
    run.samples.create(number=1, row={"sample": 1})
    assert schedule.interrupt_lost(NOON + MINUTE) == 0
    assert schedule.interrupt_lost(NOON + MINUTE + timedelta(seconds=1)) == 1
    run.refresh_from_db()
    assert (run.state, run.problem, run.samples.count()) == (State.INTERRUPTED, schedule.LOST, 1)
    assert queued(NOON + 5 * MINUTE) == [target.slug]


@pytest.mark.parametrize(("interval", "minutes"), [(1, 3), (5, 15), (1440, 60)])
def test_a_queued_run_that_no_prober_takes_is_ended_and_says_so(interval: int, minutes: int) -> None:
    run = start_now(stored_target(interval_minutes=interval), make_viewer(), NOON)
    assert schedule.interrupt_lost(NOON + minutes * MINUTE) == 0
    assert schedule.interrupt_lost(NOON + minutes * MINUTE + timedelta(seconds=1)) == 1
    run.refresh_from_db()
    assert run.state == State.INTERRUPTED
    assert run.problem.startswith(f"No prober took it within {minutes} minutes. Is one running")


def test_what_has_ended_stays_as_it_is() -> None:
    run = done(stored_target())
    assert schedule.interrupt_lost(NOON + timedelta(days=1)) == 0
    assert ProbeTarget.objects.get().runs.get() == run
