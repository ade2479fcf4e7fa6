"""The delay between attempts, and how long a message is retried (pure)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)
CRITICAL = 3
# A critical message is retried for a day; after an hour, others have been seen on the page.
RETRY_CRITICAL_FOR = timedelta(hours=24)
RETRY_FOR = timedelta(hours=1)
RETRY_SUMMARY_FOR = timedelta(hours=12)  # it has no page of an open alert behind it that people look at


def pause(delivery: int, tries: int, retry_after: timedelta | None = None) -> timedelta:
    """The delay after `tries` attempts, at least `retry_after`: doubles from 5 s to 5 min, plus or minus a quarter, so
    that messages that failed together are not retried together."""
    doubled = min(FIRST * (1 << min(tries - 1, 16)), LONGEST)
    spread = doubled * (0.75 + _fraction(delivery, tries) / 2)
    return max(spread, retry_after) if retry_after else spread


def retry_for(severity: int | None) -> timedelta:
    """How long after it was queued a message is still retried; the severity of a daily summary is None."""
    if severity is None:
        return RETRY_SUMMARY_FOR
    return RETRY_CRITICAL_FOR if severity >= CRITICAL else RETRY_FOR


def _fraction(delivery: int, tries: int) -> float:
    """A number from 0 to 1, equal for the same attempt: jitter without a random source."""
    return hashlib.blake2b(f"{delivery}/{tries}".encode(), digest_size=1).digest()[0] / 255
