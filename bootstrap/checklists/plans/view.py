"""The owner and the due date of an item or a run as pages show them (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bootstrap.checklists.models import RunPlan


def day_of(now: datetime) -> date:
    """The day by which due dates are judged: in UTC, like the days of waivers."""
    return now.astimezone(UTC).date()


@dataclass(frozen=True)
class PlanView:
    """`owner` is a name, '' for nobody; `inherited`: it is the owner of the run. `overdue`: the due date has passed and
    it is not settled. `revision` is 0 where nothing was ever set."""

    owner: str = ""
    inherited: bool = False
    due_on: date | None = None
    overdue: bool = False
    revision: int = 0
    set_by: str = ""

    def __bool__(self) -> bool:
        """Whether the page has something to show of it."""
        return bool((self.owner and not self.inherited) or self.due_on)

    def __getitem__(self, name: str) -> object:
        """Templates look up by key before they look up by attribute. Answering here makes a row faster."""
        return getattr(self, name)

    def describe(self) -> str:
        """`owner ada, due 2026-06-20`, `owner ada, overdue since 2026-06-20`; '' without either."""
        parts = [f"owner {self.owner}"] if self.owner else []
        if self.due_on:
            parts.append(f"{'overdue: was due' if self.overdue else 'due'} {self.due_on}")
        return ", ".join(parts)


def view_of(plan: RunPlan | None, now: datetime, *, settled: bool, of_run: RunPlan | None = None) -> PlanView:
    """The view of a row, or of none. `of_run` is the row of the whole run, for an item."""
    own = plan.owner.name if plan and plan.owner else ""
    inherited = of_run.owner.name if of_run and of_run.owner and not own else ""
    due_on = plan.due_on if plan else None
    return PlanView(
        owner=own or inherited,
        inherited=bool(inherited),
        due_on=due_on,
        overdue=due_on is not None and not settled and due_on < day_of(now),
        revision=plan.revision if plan else 0,
        set_by=plan.set_by_name if plan else "",
    )


def item_plans(plans: Mapping[int | None, RunPlan], settled: Mapping[int, bool], now: datetime) -> dict[int, PlanView]:
    """By item id the view of each item. `plans` are the rows of a run by item id, `settled` says which items are."""
    of_run = plans.get(None)
    if not plans:
        return dict.fromkeys(settled, PlanView())
    return {pk: view_of(plans.get(pk), now, settled=done, of_run=of_run) for pk, done in settled.items()}
