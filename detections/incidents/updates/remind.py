"""Reminds of the next update that was promised."""

from __future__ import annotations

from datetime import datetime


def remind_of_updates(now: datetime) -> int:
    """Queues a reminder for each open incident whose next update is due; how many."""
    return 0
