"""The list of open items with an owner or a due date: columns, sorts, filters, rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from bootstrap.checklists.models import Item, Run, RunPlan
from bootstrap.checklists.plans.queries import NEVER, of_people
from bootstrap.checklists.plans.view import PlanView, day_of, view_of
from bootstrap.checklists.progress import ItemProgress
from bootstrap.checklists.queries import item_progress_by_run
from opsconsole.accounts.models import User
from opsconsole.lib.web.lists.filters import FilterForm, FlagFilter, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, Empty, ListSpec, Sort


class ItemFilterForm(FilterForm):
    """Whose items, overdue ones, and a search."""

    mine = FlagFilter(label="Mine and my groups'")
    overdue = FlagFilter(label="Overdue")
    owner = NameFilter(label="Owner", any_label="Anybody")
    q = SearchFilter(label="Search items", placeholder="Key, text, checklist or environment")


@dataclass(frozen=True)
class PlannedItemRow:
    """An item of a run with its owner and due date; `waits_for` are the keys of what blocks it."""

    plan: RunPlan
    view: PlanView
    progress: ItemProgress
    waits_for: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"{self.plan.run.get_absolute_url()}#item-{self.plan.item.key}" if self.plan.item else ""


ITEMS = ListSpec(
    id="checklist-items",
    url="checklist_items",
    label="Checklist items",
    noun="item",
    template="bootstrap/checklists/plans/items.html",
    row="bootstrap/checklists/plans/_item_row.html",
    columns=(
        Column("Item", "item"),
        Column("Checklist"),
        Column("State"),
        Column("Owner"),
        Column("Due", "due"),
    ),
    sorts=(
        Sort("due", "Due soonest first", (ascending("due_text", str), ascending("pk", int))),
        Sort("item", "Item", (ascending("item__key", str), ascending("pk", int))),
        Sort("recent", "Set last", (descending("set_at", datetime), descending("pk", int))),
    ),
    filters=ItemFilterForm,
    per_page=100,
)

NO_ITEMS = Empty(
    "No open item has an owner or a due date",
    "Open a checklist and choose “Owners and due dates” there: items, whole sections or the checklist.",
    icon="checklist",
)


def matching(chosen: Mapping[str, Any], user: User, now: datetime) -> QuerySet[RunPlan]:
    """The rows of items that are not settled and match the filters, each with `due_text` to sort by. Six statements."""
    rows = RunPlan.objects.filter(item__isnull=False, run__closed_at__isnull=True)
    rows = rows.filter(Q(owner__isnull=False) | Q(due_on__isnull=False))
    if chosen["mine"]:
        rows = rows.filter(_owned(of_people(user)))
    if chosen["overdue"]:
        rows = rows.filter(due_on__lt=day_of(now))
    if chosen["owner"]:
        rows = rows.filter(_owned(Q(owner__name=chosen["owner"])))
    for word in chosen["q"].split():
        rows = rows.filter(_found(word))
    open_rows = _open_ids(rows, now)
    shown = RunPlan.objects.filter(pk__in=open_rows).annotate(
        due_text=Coalesce(Cast("due_on", CharField()), Value(NEVER))
    )
    return shown.select_related("owner", "item", "run__environment__system", "run__version__checklist")


def rows(plans: Iterable[RunPlan], now: datetime) -> list[PlannedItemRow]:
    """The rows with the state of each item. Six statements."""
    shown = list(plans)
    whole = RunPlan.objects.filter(run__in={plan.run_id for plan in shown}, item__isnull=True).select_related("owner")
    of_run = {plan.run_id: plan for plan in whole}
    progress = item_progress_by_run({plan.run_id: plan.run for plan in shown}.values(), now)
    waits = {pk for plan in shown if plan.item_id for pk in progress[plan.run_id][plan.item_id].waits_for}
    keys = dict(Item.objects.filter(pk__in=waits).values_list("pk", "key")) if waits else {}
    found = []
    for plan in shown:
        state = progress[plan.run_id][plan.item_id or 0]
        waits_for = tuple(keys[pk] for pk in state.waits_for)
        view = view_of(plan, now, settled=state.settled, of_run=of_run.get(plan.run_id))
        found.append(PlannedItemRow(plan, view, state, waits_for))
    return found


def _owned(by: Q) -> Q:
    """The rows that these owners have: an item without an owner of its own is its run's owner's."""
    of_whole = RunPlan.objects.filter(by, item__isnull=True)
    return by | Q(owner__isnull=True, run__in=of_whole.values("run"))


def _open_ids(plans: QuerySet[RunPlan], now: datetime) -> list[int]:
    """The ids of the rows whose item is not settled: states follow from acts, dependencies and flags together."""
    found = list(plans.values_list("pk", "run_id", "item_id"))
    progress = item_progress_by_run(Run.objects.filter(pk__in={run for _, run, _ in found}), now) if found else {}
    return [pk for pk, run, item in found if item is not None and not progress[run][item].settled]


def _found(word: str) -> Q:
    fields = (
        "item__key",
        "item__text",
        "run__version__checklist__title",
        "run__environment__slug",
        "run__environment__system__slug",
    )
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": word})
    return found
