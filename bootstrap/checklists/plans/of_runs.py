"""Owners, due dates and what is overdue of many runs: for lists of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from bootstrap.checklists.models import Run, RunPlan
from bootstrap.checklists.plans.queries import NEVER, Overdue, of_people, plans_by_run
from bootstrap.checklists.plans.view import PlanView, view_of
from bootstrap.checklists.progress import Progress
from opsconsole.accounts.models import User


def matching(runs: QuerySet[Run], chosen: Mapping[str, Any], user: User, late: Sequence[Overdue]) -> QuerySet[Run]:
    """The runs that the filters mine, owner and overdue let through, with `on_time` and `due_text` to sort by.

    A run is somebody's who owns it or one of its items. `late` is what is overdue in all open runs.
    """
    late_ids = {each.run.pk for each in late}
    if chosen["mine"]:
        runs = runs.filter(pk__in=RunPlan.objects.filter(of_people(user)).values("run"))
    if chosen["owner"]:
        runs = runs.filter(pk__in=RunPlan.objects.filter(owner__name=chosen["owner"]).values("run"))
    if chosen["overdue"]:
        runs = runs.filter(pk__in=late_ids)
    due = RunPlan.objects.filter(run=OuterRef("pk"), item__isnull=True).values("due_on")[:1]
    return runs.annotate(
        on_time=Case(When(pk__in=late_ids, then=Value(0)), default=Value(1), output_field=IntegerField()),
        due_text=Coalesce(Cast(Subquery(due), CharField()), Value(NEVER)),
    )


def run_plans(runs: Sequence[Run], progress: Mapping[int, Progress], now: datetime) -> dict[int, PlanView]:
    """By run id, the owner and due date of the run as a whole. One statement."""
    plans = plans_by_run([run.pk for run in runs])
    return {
        run.pk: view_of(plans.get(run.pk, {}).get(None), now, settled=not _is_open(run, progress[run.pk]))
        for run in runs
    }


def overdue_items(late: Sequence[Overdue]) -> Counter[int]:
    """By run id, how many of its items are overdue."""
    return Counter(each.run.pk for each in late if each.item is not None)


def _is_open(run: Run, progress: Progress) -> bool:
    return run.closed_at is None and progress.settled < progress.applicable
