"""Sets owners and due dates of a run and its items, and carries them over to a run of a newer version."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bootstrap.checklists.models import Item, Run, RunPlan
from bootstrap.checklists.plans.refusals import DueDateWrong, NothingChosen, OwnerUnknown, PlanChanged, PlanMissing
from bootstrap.checklists.plans.view import day_of
from bootstrap.checklists.prerequisites_changed import recheck_soon
from bootstrap.checklists.refusals import RunClosed
from opsconsole.accounts.models import Owner, User
from opsconsole.accounts.owners import find

PERMISSION = "bootstrap.change_run"
LONGEST = timedelta(days=3653)  # ten years: what is due later is mistyped


class Keep(Enum):
    """In place of an owner or a date: it stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True)
class PlanChange:
    """What to set. None takes the owner or the due date away, KEEP leaves it."""

    owner: Owner | Keep | None = KEEP
    due_on: date | Keep | None = KEEP

    @property
    def empty(self) -> bool:
        return self.owner is KEEP and self.due_on is KEEP


def owner_called(name: str) -> Owner | None:
    """The owner or person of that name, None for an empty one. Raises OwnerUnknown."""
    name = " ".join(name.split())
    if not name:
        return None
    owner = find(name)
    if owner is None:
        raise OwnerUnknown(name[:160])
    return owner


def due_date(text: str, now: datetime) -> date | None:
    """The date that the text gives as 2026-06-20, None for an empty one. Raises DueDateWrong."""
    text = text.strip()
    if not text:
        return None
    try:
        due = date.fromisoformat(text)
    except ValueError:
        due = None
    if due is None or due.isoformat() != text:
        raise _wrong(now)
    return due


def check_due(due_on: date, now: datetime) -> None:
    """Raises DueDateWrong for a day before today (UTC), and for one that is more than LONGEST ahead."""
    if not day_of(now) <= due_on <= day_of(now) + LONGEST:
        raise _wrong(now)


@transaction.atomic
def assign(
    run: Run,
    items: Collection[int | None],
    change: PlanChange,
    by: User,
    now: datetime,
    seen: int | None = None,
    actor: str = "",
) -> int:
    """Set owner and due date of these items (ids; None: of the run as a whole). Returns how many rows changed.

    `seen` is the revision that was seen of the one item (0: none was set); without it the last one to write wins, which
    the history shows. `actor` names who did it, where that is not the user alone (a token).
    A due date has to be today (UTC) or later; one that is set already may stay.
    Raises NothingChosen, PlanMissing, DueDateWrong, PlanChanged, RunClosed; PermissionDenied.
    """
    if not by.has_perm(PERMISSION):
        raise PermissionDenied(f"{by} may not change runs")
    if change.empty:
        raise PlanMissing
    wanted = dict.fromkeys(items)
    _lock_open(run)
    known: set[int | None] = {None, *Item.objects.filter(section__version=run.version_id).values_list("pk", flat=True)}
    if not wanted or not wanted.keys() <= known:
        raise NothingChosen
    changed = [plan for plan in _rows(run, wanted, seen) if _set(plan, change, now)]
    for plan in changed:
        plan.set_by, plan.set_by_name, plan.set_at = by, actor or by.get_username(), now
    _write(changed)
    return len(changed)


def carry_over(run: Run, following: Run) -> int:
    """Give a run that continues `run` its owners and due dates, those of items by key. Returns how many."""
    new = dict(Item.objects.filter(section__version=following.version_id).values_list("key", "pk"))
    rows = [
        RunPlan(
            run=following,
            item_id=new[plan.item.key] if plan.item else None,
            owner_id=plan.owner_id,
            due_on=plan.due_on,
            set_by_id=plan.set_by_id,
            set_by_name=plan.set_by_name,
            set_at=plan.set_at,
        )
        for plan in RunPlan.objects.filter(run=run).select_related("item")
        if plan.item is None or plan.item.key in new
    ]
    return len(RunPlan.objects.bulk_create(rows))


def _rows(run: Run, wanted: Collection[int | None], seen: int | None) -> list[RunPlan]:
    """The rows of these items, new ones where nothing was ever set. Raises PlanChanged."""
    rows = {plan.item_id: plan for plan in RunPlan.objects.filter(run=run).select_related("owner", "run")}
    if seen is not None and any(seen != (rows[pk].revision if pk in rows else 0) for pk in wanted):
        raise PlanChanged(next((rows[pk] for pk in wanted if pk in rows), None))
    return [rows.get(pk) or RunPlan(run=run, item_id=pk, revision=0) for pk in wanted]


def _lock_open(run: Run) -> None:
    """Lock the run, so that of two people one waits, and nothing lands in a closed run."""
    if Run.objects.select_for_update(no_key=True).get(pk=run.pk).closed_at is not None:
        raise RunClosed(run)


def _write(changed: Collection[RunPlan]) -> None:
    for plan in changed:
        plan.revision += 1
    RunPlan.objects.bulk_create([plan for plan in changed if plan.revision == 1])
    RunPlan.objects.bulk_update(
        [plan for plan in changed if plan.revision > 1],
        ["owner", "due_on", "set_by", "set_by_name", "set_at", "revision"],
    )
    if changed:
        transaction.on_commit(recheck_soon)


def _set(plan: RunPlan, change: PlanChange, now: datetime) -> bool:
    """Whether the row says something else now."""
    before = (plan.owner_id, plan.due_on)
    if not isinstance(change.owner, Keep):
        plan.owner = change.owner
    if not isinstance(change.due_on, Keep) and change.due_on != plan.due_on:
        if change.due_on is not None:
            check_due(change.due_on, now)
        plan.due_on = change.due_on
    return before != (plan.owner_id, plan.due_on)


def _wrong(now: datetime) -> DueDateWrong:
    return DueDateWrong(day_of(now), day_of(now) + LONGEST)
