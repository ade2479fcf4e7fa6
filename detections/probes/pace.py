"""Whether the numbers of a target fit its interval (pure): that a run ends before the next one, and that two runs can
be within the window of elevated failures."""

from __future__ import annotations

import math
from typing import Protocol

from detections.probes.program import probe

TIMEOUT, WINDOW = probe.NUMBERS["timeout_ms"], probe.NUMBERS["window_minutes"]
OTHERWISE = "fewer samples, more at a time, fewer retries or a longer interval"
STEP_MS = 100  # to which a timeout that fits is rounded down


class Paced(Protocol):
    """What a run takes its time from: a stored target, or the probe's own."""

    samples: int
    concurrency: int
    timeout_ms: int
    retry_count: int


def longest(target: Paced) -> float:
    """Seconds that a run takes where no attempt is answered in time and each retry waits as long as one may.

    It must fit into the target's interval: a run that does not is cut off there (prober.py)."""
    sample = (target.retry_count + 1) * target.timeout_ms / 1000 + target.retry_count * probe.MAX_RETRY_AFTER
    return float(_rounds(target) * sample)


def arithmetic(target: Paced) -> str:
    """How `longest` comes about: `4 rounds (10 samples, 3 at a time) of 2 attempts of 10 s and 1 wait of up to 5 s:
    100 s if nothing answers`."""
    rounds, attempts, waits = _rounds(target), target.retry_count + 1, target.retry_count
    each = f"{_many(attempts, 'attempt')} of {target.timeout_ms / 1000:g} s"
    retries = f" and {_many(waits, 'wait')} of up to {probe.MAX_RETRY_AFTER:g} s" if waits else ""
    taken = f"{_many(target.samples, 'sample')}, {target.concurrency} at a time"
    return f"{_many(rounds, 'round')} ({taken}) of {each}{retries}: {longest(target):g} s if nothing answers"


def length_problem(target: Paced, interval_minutes: int) -> str:
    """What to do about a run that may not end before the next one; '' where it does."""
    if longest(target) <= interval_minutes * 60:
        return ""
    return (
        f"{arithmetic(target)[:1].upper()}{arithmetic(target)[1:]}, and the next run starts after "
        f"{interval_minutes * 60} s. {_advice(target, interval_minutes * 60)}"
    )


def least_window(interval_minutes: int) -> int:
    """The shortest window in which two runs of a schedule are: a minute more than the interval, since one may start
    some seconds late; as long as there is such a window."""
    return min(interval_minutes + 1, int(WINDOW.most))


def window_problem(window_minutes: int, interval_minutes: int) -> str:
    """Why `elevated_failures` could not trigger; '' where it can."""
    least = least_window(interval_minutes)
    if window_minutes >= least:
        return ""
    return (
        f"Runs start every {_many(interval_minutes, 'minute')}, so that two are never within "
        f"{_many(window_minutes, 'minute')}, and elevated_failures cannot trigger. At least {least}."
    )


def _rounds(target: Paced) -> int:
    return math.ceil(target.samples / target.concurrency)


def _advice(target: Paced, seconds: float) -> str:
    """The first change of one number that fits; all that may be changed where none does alone."""
    waits = target.retry_count * probe.MAX_RETRY_AFTER
    fits = (seconds / _rounds(target) - waits) / (target.retry_count + 1) * 1000 // STEP_MS * STEP_MS
    if fits >= TIMEOUT.least:
        return f"A timeout of {fits:,.0f} ms fits; or take {OTHERWISE}."
    return f"Take a shorter timeout, {OTHERWISE}."


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
