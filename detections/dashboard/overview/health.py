"""Whether the console itself does its work in time (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from opsconsole.lib import words

# Digest and evaluation aim at 5 s; half a minute late is noticed, five minutes late is an outage of the console.
LATE, DOWN = timedelta(seconds=30), timedelta(minutes=5)
# A minute is judged 10 s after its end, and beat comes every few seconds.
SLOT_LATE = timedelta(seconds=90)


@dataclass(frozen=True)
class Check:
    """One part of the console: `state` is ok, late or down; `said` tells the number behind it."""

    name: str
    state: str
    said: str


def by_age(name: str, waiting: int, oldest: datetime | None, now: datetime, *, what: str) -> Check:
    """A queue is in order when its oldest entry is young, however many there are."""
    if not waiting or oldest is None:
        return Check(name, "ok", f"no {what} waits")
    age = now - oldest
    state = "down" if age >= DOWN else "late" if age >= LATE else "ok"
    return Check(name, state, f"{waiting:,} waiting, the oldest for {words.duration(max(0, age.total_seconds()))}")


def evaluation(last: datetime | None, now: datetime) -> Check:
    """Rules are judged each minute; `last` is the end of the newest judged minute."""
    if last is None:
        return Check("Evaluation", "late", "no minute has been judged yet")
    age = now - last
    state = "down" if age >= DOWN else "late" if age >= SLOT_LATE else "ok"
    return Check("Evaluation", state, f"judged up to {last:%H:%M} UTC")


def quarantine(count: int) -> Check:
    """Events that could not be digested do not block others, but somebody has to look."""
    return Check("Quarantine", "late" if count else "ok", f"{count:,} event{'' if count == 1 else 's'} set aside")


def worst(checks: list[Check]) -> str:
    """The state of the whole."""
    return max((check.state for check in checks), key=("ok", "late", "down").index, default="ok")
