"""Reads of owners and due dates, and of what is overdue. The number of statements does not depend on the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet, Sum

from bootstrap.checklists.models import Item, Run, RunPlan
from bootstrap.checklists.plans.view import day_of
from bootstrap.checklists.progress import ItemProgress, ItemState, progress_of
from bootstrap.checklists.queries import item_progress_by_run
from opsconsole.accounts.models import Owner, User

NEVER = "9999-12-31"  # sorts after every date
MOST_NAMED = 3  # items that a sentence names; the run's page has all


@dataclass(frozen=True)
class Overdue:
    """An item, or a run as a whole (`item` is None), whose due date has passed and that is not settled.

    `owner` is the item's, else the run's. `waits_for` are the keys of what blocks it. `left` is how many items of the
    run are not done.
    """

    run: Run
    item: Item | None
    owner: Owner | None
    due_on: date
    waits_for: tuple[str, ...] = ()
    left: int = 0

    @property
    def url(self) -> str:
        address = self.run.get_absolute_url()
        return f"{address}#item-{self.item.key}" if self.item else address

    def describe(self) -> str:
        """`Was due 2026-06-10 (UTC), owner ada; waits for SECRET_KEY`."""
        owner = f"owner {self.owner}" if self.owner else "nobody owns it"
        text = f"Was due {self.due_on} (UTC), {owner}"
        if self.item is None:
            return f"{text}; {self.left} item{'' if self.left == 1 else 's'} left"
        if not self.waits_for:
            return text
        more = len(self.waits_for) - MOST_NAMED
        named = ", ".join(self.waits_for[:MOST_NAMED])
        return f"{text}; waits for {named}{f' and {more} more' if more > 0 else ''}"


def plans_by_run(run_ids: Collection[int]) -> dict[int, dict[int | None, RunPlan]]:
    """By run id and item id (None: the run as a whole), the rows with their owners. One statement."""
    plans: dict[int, dict[int | None, RunPlan]] = defaultdict(dict)
    for plan in RunPlan.objects.filter(run__in=run_ids).select_related("owner"):
        plans[plan.run_id][plan.item_id] = plan
    return plans


def plan_stamp(run: Run) -> tuple[object, ...]:
    """A value that differs whenever an owner or a due date of the run changes. One statement."""
    found = RunPlan.objects.filter(run=run).aggregate(Max("set_at"), Sum("revision"))
    return tuple(found.values())


def of_people(user: User) -> Q:
    """The rows whose owner is the user, or a group that the user is in."""
    return Q(owner__user=user) | Q(owner__group__in=user.groups.all())


def overdue(now: datetime, runs: QuerySet[Run] | Collection[int] | None = None) -> list[Overdue]:
    """What is overdue at `now` in open runs (in `runs`, or in all), the longest first. Six statements at most, one
    where no due date has passed."""
    rows = RunPlan.objects.filter(due_on__lt=day_of(now), run__closed_at__isnull=True)
    if runs is not None:
        rows = rows.filter(run__in=runs)
    late = list(
        rows.select_related("run__version__checklist", "run__environment__system", "item", "owner").order_by(
            "due_on", "run", "pk"
        )
    )
    if not late:
        return []
    progress = item_progress_by_run({plan.run_id: plan.run for plan in late}.values(), now)
    found = [plan for plan in late if _is_open(plan, progress[plan.run_id])]
    return list(_described(found, progress))


def _is_open(plan: RunPlan, items: dict[int, ItemProgress]) -> bool:
    return bool(_left(items)) if plan.item_id is None else not items[plan.item_id].settled


def _left(items: dict[int, ItemProgress]) -> int:
    counts = progress_of(items.values())
    return counts.applicable - counts.settled


def _described(plans: Iterable[RunPlan], progress: dict[int, dict[int, ItemProgress]]) -> Iterable[Overdue]:
    rows = list(plans)
    waits = {plan.pk: _waits(plan, progress) for plan in rows}
    keys = dict(Item.objects.filter(pk__in={pk for each in waits.values() for pk in each}).values_list("pk", "key"))
    without = {plan.run_id for plan in rows if plan.owner_id is None and plan.item_id is not None}
    of_run = {
        plan.run_id: plan.owner
        for plan in RunPlan.objects.filter(run__in=without, item__isnull=True).select_related("owner")
    }
    for plan in rows:
        yield Overdue(
            run=plan.run,
            item=plan.item,
            owner=plan.owner or of_run.get(plan.run_id),
            due_on=plan.due_on,  # type: ignore[arg-type]  # the query asks for one
            waits_for=tuple(keys[pk] for pk in waits[plan.pk]),
            left=_left(progress[plan.run_id]),
        )


def _waits(plan: RunPlan, progress: dict[int, dict[int, ItemProgress]]) -> tuple[int, ...]:
    if plan.item_id is None:
        return ()
    item = progress[plan.run_id][plan.item_id]
    return item.waits_for if item.state is ItemState.BLOCKED else ()


def owner_names() -> list[str]:
    """Whom something may be given to, for completion: owners, and active people by their user names. Two statements."""
    people = User.objects.filter(is_active=True).values_list("username", flat=True)
    return sorted({*Owner.objects.values_list("name", flat=True), *people})


def owners_of_runs() -> dict[str, str]:
    """The names of owners of runs and items, for filters. One statement."""
    named = Owner.objects.filter(run_plans__isnull=False).distinct().order_by("name").values_list("name", flat=True)
    return {name: name for name in named}
