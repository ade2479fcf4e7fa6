"""Closes runs. Their sign-offs stay; which of them still prove a prerequisite is said by `bootstrap.prerequisites`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from bootstrap.checklists.models import Run
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from bootstrap.checklists.queries import lock_chain, progress_by_run
from opsconsole.accounts.models import User

Outcome = Run.Outcome


@transaction.atomic
def close_runs(runs: QuerySet[Run], now: datetime, by: User | None = None) -> int:
    """Close the open ones among `runs` and return how many. Waits for acts in progress: none lands in a closed run.

    One with all done is `finished`; another one is `closed`, or `missed` where nobody closes it (`by`): its schedule
    does.
    """
    lock_chain()
    open_ones = list(runs.filter(closed_at__isnull=True).order_by("pk"))
    progress = progress_by_run(open_ones, now)
    finished = [run.pk for run in open_ones if progress[run.pk].percent == 100]
    others = [run.pk for run in open_ones if run.pk not in finished]
    closed = _close(finished, Outcome.FINISHED, now, by)
    closed += _close(others, Outcome.CLOSED if by else Outcome.MISSED, now, by)
    transaction.on_commit(judge_soon)
    transaction.on_commit(recheck_soon)
    return closed


def _close(ids: Iterable[int], outcome: Run.Outcome, now: datetime, by: User | None) -> int:
    still_open = Run.objects.filter(pk__in=ids, closed_at__isnull=True)
    return still_open.update(closed_at=now, closed_by=by, outcome=outcome)
