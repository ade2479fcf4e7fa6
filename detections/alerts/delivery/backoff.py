"""When to try again, and when to give up (pure)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)
CRITICAL = 3
# A critical message is worth a day of trying; an hour-old high one has been seen on the page.
PATIENCE_CRITICAL = timedelta(hours=24)
PATIENCE = timedelta(hours=1)


def pause(delivery: int, tries: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after `tries` tries: doubling from 5 s to 5 min, spread by up to half, so that what failed
    together does not come back together. `asked` (Retry-After) is honoured where it is longer."""
    doubled = min(FIRST * (1 << min(tries - 1, 16)), LONGEST)
    spread = doubled * (0.75 + _fraction(delivery, tries) / 2)
    return max(spread, asked) if asked else spread


def patience(severity: int) -> timedelta:
    """How long after it was queued a message is still tried."""
    return PATIENCE_CRITICAL if severity >= CRITICAL else PATIENCE


def _fraction(delivery: int, tries: int) -> float:
    """0 to 1, the same for the same try: jitter without a random source."""
    return hashlib.blake2b(f"{delivery}/{tries}".encode(), digest_size=1).digest()[0] / 255
