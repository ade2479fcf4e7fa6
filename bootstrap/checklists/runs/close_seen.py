"""Closes one run as it was seen: nobody closes over acts that they do not know of."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bootstrap.checklists.models import Run
from bootstrap.checklists.queries import lock_chain
from bootstrap.checklists.refusals import RunClosed, RunMovedOn
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.runs.open_run import PERMISSION
from opsconsole.accounts.models import User


@transaction.atomic
def close_seen(run: Run, by: User, now: datetime, seen: int | None) -> bool:
    """Whether it was closed; False where the same person has closed it before.

    `seen` is how many acts there were on all items when the person looked, None to skip the check. Raises RunMovedOn,
    RunClosed where somebody else closed it; PermissionDenied.
    """
    if not by.has_perm(PERMISSION):
        raise PermissionDenied(f"{by} may not close runs")
    lock_chain()
    now_there = Run.objects.get(pk=run.pk)
    if now_there.closed_at is not None:
        if now_there.closed_by_id == by.pk and now_there.outcome != Run.Outcome.MOVED:
            return False
        raise RunClosed(run)
    acts = run.sign_offs.count()
    if seen is not None and seen != acts:
        raise RunMovedOn(run, seen, acts)
    return bool(close_runs(Run.objects.filter(pk=run.pk), now, by))
