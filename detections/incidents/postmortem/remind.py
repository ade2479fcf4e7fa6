"""Reminds of postmortems that are due."""

from __future__ import annotations

from datetime import datetime


def remind_of_postmortems(now: datetime) -> int:
    """Queues a reminder for each postmortem that is due; how many."""
    return 0
