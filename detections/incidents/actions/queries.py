"""Reads action items."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from detections.incidents.action_models import ActionItem
from opsconsole.accounts.models import Owner, User

Status = ActionItem.Status
NEVER = "9999-12-31"  # sorts after every date


def items() -> QuerySet[ActionItem]:
    """All, with what a row of a list shows of each."""
    return ActionItem.objects.select_related("incident", "owner", "in_checklist__version__checklist__runbook").defer(
        "in_checklist__version__source", "in_checklist__version__intro"
    )


def by_due(rows: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
    """With `due_text`, by which they sort: the ISO date, NEVER without one."""
    return rows.annotate(due_text=Coalesce(Cast("due", CharField()), Value(NEVER)))


def overdue(rows: QuerySet[ActionItem], today: date) -> QuerySet[ActionItem]:
    """Those that are open after the day on which they were due (index action_item_due)."""
    return rows.filter(status=Status.OPEN, due__lt=today)


def names(pks: Collection[int]) -> dict[int, str]:
    """By id, what an item says."""
    return dict(ActionItem.objects.filter(pk__in=pks).values_list("pk", "text"))


def owner_names() -> list[str]:
    """Whom items may be given to, for completion: owners, and active people by their user names. Two queries."""
    people = User.objects.filter(is_active=True).values_list("username", flat=True)
    return sorted({*Owner.objects.values_list("name", flat=True), *people})


def owners_of_items() -> dict[str, str]:
    """The names of owners who have items, for the filter. One query."""
    named = Owner.objects.filter(action_items__isnull=False).distinct().values_list("name", flat=True)
    return {name: name for name in named}
