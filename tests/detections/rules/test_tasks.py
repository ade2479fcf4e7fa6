"""The tasks run on what is there."""

from __future__ import annotations

import pytest

from detections.rules import tasks
from detections.rules.evaluation import refresh_baselines
from detections.rules.models import Slot
from opsconsole.lib import clock
from tests.detections.rules.world import NOON


@pytest.mark.django_db
def test_the_tick_judges_the_last_minute():
    tasks.tick()
    slot = Slot.objects.get()
    assert slot.status == "done"
    assert (clock.now() - slot.slot_end).total_seconds() < 140
    tasks.judge()


def test_estimates_take_turns(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(refresh_baselines, "_counting_rules", dict)
    monkeypatch.setattr(refresh_baselines, "_turn", lambda now, known, most: calls.append(now) or 300)
    times = iter(NOON + n * tasks.TURN / 8 for n in range(100))  # read three times a turn
    assert refresh_baselines.refresh_all(lambda: next(times), tasks.TURN) == 900
    assert calls == [NOON + n * tasks.TURN / 8 for n in (1, 4, 7)]


@pytest.mark.parametrize("found", [0, 50])
def test_baselines_are_looked_for_again_until_none_is_left(monkeypatch: pytest.MonkeyPatch, found: int):
    sent = []
    monkeypatch.setattr(refresh_baselines, "refresh_all", lambda clock, limit: found)
    monkeypatch.setattr(tasks.task_trigger, "started", lambda task: None)
    monkeypatch.setattr(tasks.task_trigger, "send_once", sent.append)
    tasks.baselines()
    assert sent == (["detections.baselines"] if found else [])


@pytest.mark.django_db
def test_rules_are_judged_also_where_series_cannot_be_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(now: object) -> int:
        raise ValueError("cannot")

    judged: list[object] = []
    monkeypatch.setattr(tasks.recount, "link_and_recount", refuse)
    monkeypatch.setattr(tasks.on_arrival, "judge_all", lambda now: judged.append(now) or 0)
    tasks.judge()
    assert len(judged) == 1
