"""Waiting for something to become true, in tests with real processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(found: Callable[[], T], within: float = 30.0, what: str = "") -> T:
    """Ask again and again until the answer is truthy, and return it. The limit only ends a test that has failed."""
    deadline = time.monotonic() + within
    while True:
        answer = found()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what or found}"
        time.sleep(0.02)
