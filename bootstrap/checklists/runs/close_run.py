"""Closes runs. Their sign-offs stay, but no longer count as proof of a prerequisite."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from bootstrap.checklists.models import Run
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from bootstrap.checklists.queries import lock_chain


@transaction.atomic
def close_runs(runs: QuerySet[Run], now: datetime) -> int:
    """Close the open ones among `runs` and return how many. Waits for acts in progress: none lands in a closed run."""
    lock_chain()
    closed = runs.filter(closed_at__isnull=True).update(closed_at=now)
    transaction.on_commit(judge_soon)
    transaction.on_commit(recheck_soon)
    return closed
