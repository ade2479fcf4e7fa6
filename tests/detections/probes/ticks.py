"""Time that passes for probes: minutes judged and applied to alerts as the tasks do it."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.alerts.delivery.sender import deliver
from detections.alerts.handling.apply_verdicts import consume
from detections.rules.evaluation import on_arrival, scheduler
from opsconsole.lib.clock import MINUTE, floor_minute

LATENESS = timedelta(seconds=11)


def arrived(now: datetime) -> None:
    """What the task does that a run sends when it ends."""
    on_arrival.judge_probes(now)
    consume(now)


def tick(start: datetime, minutes: int) -> datetime:
    """The ends of `minutes` minutes from the one that `start` lies in, each told; returns the time afterwards."""
    now = start
    for minute in range(1, minutes + 1):
        now = floor_minute(start) + minute * MINUTE + LATENESS
        scheduler.make_due(now)
        scheduler.catch_up(now)
        consume(now)
        deliver(lambda: now)  # noqa: B023 - called within the turn
    return now
