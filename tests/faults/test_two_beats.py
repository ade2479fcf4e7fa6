"""Two beats and two workers at once, as where a console was started on two machines: nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert, AlertLog
from detections.alerts.routing_models import NotificationPolicy
from detections.alerts.summary.models import DailySummary
from detections.alerts.summary.period import GRACE, last_due
from opsconsole.lib import clock
from opsconsole.lib.redis import client
from opsconsole.lib.task_names import ALERTS, DAILY_SUMMARY
from tests.detections.alerts.factories import judge, make_scope
from tests.detections.alerts.handling.test_escalate import two_steps
from tests.faults.processes import ConsoleProcess, Worker, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("notification_policies"),
]
HOUR = timedelta(hours=1)
ROUNDS = 5  # of each beat after all has happened that is to happen once


class FastBeat(ConsoleProcess):
    """A beat that does not wait for minutes; `sent` says how often it has sent a task."""

    def __init__(self, log: Path) -> None:
        fast = "tests.faults.fast_beat"
        super().__init__(log, "celery", "--quiet", "-A", fast, "beat", "--scheduler", f"{fast}:PrintingScheduler")

    def sent(self, task: str) -> int:
        return self.log.read_text().splitlines().count(task) if self.log.exists() else 0


@pytest.fixture
def beats(tmp_path: Path) -> Iterator[list[FastBeat]]:
    """Two, with as many workers."""
    client().flushdb()
    running: list[ConsoleProcess] = []
    try:
        for number in range(2):
            running.append(Worker(tmp_path / f"worker{number}.log"))
            running.append(FastBeat(tmp_path / f"beat{number}.log"))
        yield [process for process in running if isinstance(process, FastBeat)]
    finally:
        for process in running:
            process.kill()


@pytest.fixture
def overdue(notification_policies: None) -> Alert:
    """An alert whose first step of the escalation was due long ago, and its repeat; the next ones are in minutes."""
    two_steps()
    NotificationPolicy.objects.filter(name="Critical").update(repeat_interval=HOUR)
    opened = clock.now() - 2 * HOUR
    judge(make_scope(), "c", 0)
    consume(opened)
    assert deliver(lambda: opened) == 1
    days = timedelta(days=3)
    last = {"since": opened - 2 * days, "until": opened - days, "made_at": opened - days}
    DailySummary.objects.create(day=(opened - days).date(), **last)
    return Alert.objects.get()


def test_a_step_a_repeat_and_a_summary_happen_once(overdue: Alert, beats: list[FastBeat]) -> None:
    begin = clock.now()
    made = DailySummary.objects.filter(made_at__gte=begin - HOUR)
    kinds = Delivery.objects.filter(kind__in=["escalation", "repeated"])
    eventually(lambda: made.exists() and kinds.count() >= 2, "all that is due happens")
    before = [beat.sent(task) for beat in beats for task in (ALERTS, DAILY_SUMMARY)]

    def went_on() -> bool:
        now = [beat.sent(task) for beat in beats for task in (ALERTS, DAILY_SUMMARY)]
        return all(sent >= earlier + ROUNDS for sent, earlier in zip(now, before, strict=True))

    eventually(went_on, "both beats send on")
    judge(make_scope(group_key="/another"), "c", 0)
    eventually(lambda: Alert.objects.count() == 2, "the workers do what was sent")
    assert Counter(kinds.values_list("kind", "alert")) == {("escalation", overdue.pk): 1, ("repeated", overdue.pk): 1}
    assert AlertLog.objects.filter(kind="escalation").count() == 1
    # One a day, also where the next one becomes due while this runs.
    due = {last_due(at - GRACE, settings.SUMMARY_TIME, settings.SUMMARY_ZONE)[0] for at in (begin, clock.now())}
    days = list(made.values_list("day", flat=True))
    assert days
    assert set(days) <= due
    messages = Counter(Delivery.objects.filter(kind="summary").values_list("summary", "target"))
    assert set(messages.values()) == {1}
