"""Waits for a condition, in tests with real processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Seconds between two looks, the first and the longest: many a look is a request that the console under test works for.
SOON, LATER = 0.02, 0.1


def until(condition: Callable[[], T], within: float = 30.0, what: str = "") -> T:
    """Call `condition` until it returns a true value, and return that. Fails after `within` seconds."""
    deadline = time.monotonic() + within
    pause = SOON
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what or condition}"
        time.sleep(pause)
        pause = min(1.25 * pause, LATER)
