"""The list of silences: columns, sorts, filters and bulk actions."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from detections.rules.silence_models import Silence
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

END = "end"
CURRENT = "current"
STATES = {
    CURRENT: "Active and planned",
    "active": "Active",
    "planned": "Planned",
    "ended": "Ended",
    "any": "Any",
}


class SilenceFilterForm(FilterForm):
    """Status, and a search in reason and author."""

    status = ChoiceFilter(STATES, label="Status", initial=CURRENT)
    q = SearchFilter(label="Search", placeholder="Reason or author")


SILENCES = ListSpec(
    id="silences",
    url="silence_list",
    label="Silences",
    noun="silence",
    template="detections/alerts/silences/list.html",
    row="detections/alerts/silences/_row.html",
    columns=(
        Column("Silence"),
        Column("Status"),
        Column("Hides now", css="num"),
        Column("Until", "ends"),
        Column("Author"),
        Column("Actions", hidden=True),
    ),
    sorts=(
        Sort("ends", "Ends soonest first", (ascending("ends_at", datetime), ascending("pk", int))),  # silence_ends_at
        Sort("newest", "Newest first", (descending("pk", int),)),
    ),
    filters=SilenceFilterForm,
    actions=(BulkAction(END, "End now", confirm="What they hold back is sent, where it still fires."),),
    bulk_url="silences_bulk",
    permission="detections.change_alert",
)


def matching(status: str, q: str, now: datetime) -> QuerySet[Silence]:
    """The silences that the filters let through."""
    rows = Silence.objects.select_related("rule")
    by_status = {
        CURRENT: Q(ends_at__gt=now),
        "active": Q(starts_at__lte=now, ends_at__gt=now),
        "planned": Q(starts_at__gt=now),
        "ended": Q(ends_at__lte=now),
    }
    if status in by_status:
        rows = rows.filter(by_status[status])
    return rows.filter(Q(reason__icontains=q) | Q(created_by_name__icontains=q)) if q else rows
