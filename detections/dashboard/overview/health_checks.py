"""Console health on the overview, one check for each stage (pure); `dashboard.console_health` measures it."""

from __future__ import annotations

from dataclasses import dataclass

from detections.dashboard.console_health import LIMITS, ConsoleHealth
from opsconsole.lib.text import humanize

# By measured age: the stage's name, and the message while nothing waits.
STAGES = (
    ("oldest_undigested_age", "Digest", "nothing waits"),
    ("slot_lag", "Evaluation", "every due minute is judged"),
    ("slots_ahead", "Clock", "no minute was judged early"),
    ("oldest_unapplied_age", "Alerts", "every verdict is applied"),
    ("oldest_unsent_age", "Delivery", "no message waits"),
)
# What a console without Redis does and does not do, since its tasks are sent by it.
REDIS_AWAY = (
    "does not answer: events are accepted and pages work, but nothing is digested, judged or imported until it does"
)


@dataclass(frozen=True)
class HealthCheck:
    """One stage of the console: `state` is ok or late, `message` has the number behind it."""

    name: str
    state: str
    message: str


def checks(measured: ConsoleHealth, quarantined: int, redis_answers: bool) -> list[HealthCheck]:
    """A check for each stage, one for Redis, and one for quarantined events, which block nothing but need somebody."""
    events = f"{quarantined:,} event{'' if quarantined == 1 else 's'} set aside"
    stages = [_check(name, stage, idle_message, measured) for name, stage, idle_message in STAGES]
    redis = HealthCheck("Redis", "ok", "answers") if redis_answers else HealthCheck("Redis", "late", REDIS_AWAY)
    return [*stages, redis, HealthCheck("Quarantine", "late" if quarantined else "ok", events)]


def worst(checks: list[HealthCheck]) -> str:
    """`late` where any check is, else `ok`."""
    return "late" if any(check.state != "ok" for check in checks) else "ok"


def _check(name: str, stage: str, idle_message: str, measured: ConsoleHealth) -> HealthCheck:
    age: float = getattr(measured, name)
    message = f"the oldest waits {humanize.duration(age)}" if age >= 1 else idle_message
    if name == "slots_ahead" and age >= 1:
        message = f"it was set back: minutes up to {humanize.duration(age)} ahead of it were judged"
    if name == "oldest_undigested_age" and measured.inbox_depth:
        message = f"{measured.inbox_depth:,} waiting, {message}"
    return HealthCheck(stage, "late" if age > LIMITS[name] else "ok", message)
