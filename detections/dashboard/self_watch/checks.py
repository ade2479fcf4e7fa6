"""What is checked each minute. A further check is one more entry of `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from detections.dashboard.console_health import LIMITS, MESSAGES, ConsoleHealth
from detections.dashboard.self_watch.undelivered import dead_targets, overdue_escalation, unsent_critical
from detections.dashboard.self_watch.unprobed import waiting_run
from detections.rules.spec.conditions.self_check import SelfCheckName
from detections.telemetry.models import ProjectEnvironment


@dataclass(frozen=True)
class Failure:
    """What a check found: a sentence without a full stop. `subject` tells several apart; `place` is the project
    environment that it concerns, None for the console itself."""

    sentence: str
    subject: str = ""
    place: ProjectEnvironment | None = None


@dataclass(frozen=True)
class WatchCheck:
    """A check by name. While one fails that `stops_ping`, the dead-man URL gets none: messages may not get out."""

    name: SelfCheckName
    stops_ping: bool
    find: Callable[[ConsoleHealth, datetime], Iterable[Failure]]


def _age(name: str) -> Callable[[ConsoleHealth, datetime], Iterable[Failure]]:
    """The check that an age which is measured for all pages is within its limit."""

    def find(health: ConsoleHealth, now: datetime) -> Iterable[Failure]:
        age: float = getattr(health, name)
        if age > LIMITS[name]:
            yield Failure(MESSAGES[name].format(round(age)))

    return find


def _delivery(health: ConsoleHealth, now: datetime) -> Iterable[Failure]:
    return [Failure(why)] if (why := unsent_critical(now)) else []


def _escalation(health: ConsoleHealth, now: datetime) -> Iterable[Failure]:
    return [Failure(why)] if (why := overdue_escalation(now)) else []


def _targets(health: ConsoleHealth, now: datetime) -> Iterable[Failure]:
    return [
        Failure(f"the target {target} takes no messages: {target.result.last_error[:200]}", subject=target.name)
        for target in dead_targets()
    ]


def _prober(health: ConsoleHealth, now: datetime) -> Iterable[Failure]:
    return [Failure(why)] if (why := waiting_run(now)) else []


CHECKS: tuple[WatchCheck, ...] = (
    WatchCheck("digest", True, _age("oldest_undigested_age")),
    WatchCheck("evaluation", True, _age("slot_lag")),
    WatchCheck("verdicts", True, _age("oldest_unapplied_age")),
    WatchCheck("delivery", True, _delivery),
    WatchCheck("escalation", True, _escalation),
    WatchCheck("target", False, _targets),
    WatchCheck("prober", False, _prober),
)
