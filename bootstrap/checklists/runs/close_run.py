"""Closes runs: what they proved holds no more, their sign-offs stay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from bootstrap.checklists.models import Run
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from bootstrap.checklists.queries import lock_chain


@transaction.atomic
def close_runs(runs: QuerySet[Run], now: datetime) -> int:
    """Close those that are open; returns how many. Waits for acts in progress, so that none lands in a closed run."""
    lock_chain()
    closed = runs.filter(closed_at__isnull=True).update(closed_at=now)
    transaction.on_commit(judge_soon)
    transaction.on_commit(recheck_soon)
    return closed
