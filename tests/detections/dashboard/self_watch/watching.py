"""Minutes in which the console checks itself, and the alerts that follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.dashboard.self_watch.run import watch_once
from tests.detections.rules.world import MINUTE, NOON

SECOND = timedelta(seconds=1)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def watch(first: int, last: int) -> None:
    """The minutes after noon from `first` to `last`, each checked once."""
    for minute in range(first, last + 1):
        assert watch_once(at(NOON + minute * MINUTE + SECOND))


def own(check: str) -> Alert:
    return Alert.objects.get(group_key=check)


def told(alert: Alert) -> str:
    return str(alert.deliveries.get(kind="firing").payload["sentence"])
