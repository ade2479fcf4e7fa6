"""The list of action items of all incidents: columns, sorts, filters and bulk actions."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from detections.incidents.action_models import ActionItem
from detections.incidents.actions.queries import by_due, items, overdue
from detections.incidents.models import Incident
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

OPEN, OVERDUE, DONE, DROPPED, ANY = "open", "overdue", "done", "dropped", "any"
STATUSES = {OPEN: "Open", OVERDUE: "Overdue", DONE: "Done", DROPPED: "Dropped", ANY: "Any"}
NOBODY = "-"
FINISH, DROP = "done", "drop"
SEVERITIES = {str(value): label for value, label in Incident.Severity.choices}


class ActionFilterForm(FilterForm):
    """Status, owner, severity of the incident, and a search in texts, links and titles of incidents."""

    status = ChoiceFilter(STATUSES, label="Status", initial=OPEN)
    owner = NameFilter(label="Owner", any_label="Anybody")
    severity = ChoiceFilter(SEVERITIES, label="Severity", any_label="Any severity")
    q = SearchFilter(label="Search", placeholder="Text, link, INC-12 or title")

    @property
    def bounded(self) -> bool:
        """People make items, and the open ones are those that people still work on."""
        return self.chosen["status"] in (OPEN, OVERDUE)

    def offers(self, action: str) -> bool:
        return self.chosen["status"] not in (DONE, DROPPED)


ACTIONS = ListSpec(
    id="action-items",
    url="action_list",
    label="Action items",
    noun="action item",
    template="detections/incidents/actions/list.html",
    row="detections/incidents/actions/_row.html",
    columns=(
        Column("Action item", "newest"),
        Column("Status"),
        Column("Owner"),
        Column("Due", "due"),
        Column("Actions", hidden=True),
    ),
    sorts=(
        Sort("due", "Due soonest first", (ascending("due_text", str), ascending("pk", int)), bounded=True),
        Sort("newest", "Newest first", (descending("pk", int),)),
    ),
    filters=ActionFilterForm,
    actions=(
        BulkAction(FINISH, "Done"),
        BulkAction(DROP, "Drop", confirm="Each says then why it is not to be done.", ask="Why"),
    ),
    bulk_url="actions_bulk",
    permission="detections.change_incident",
)


def matching(status: str, owner: str, severity: str, q: str, today: date) -> QuerySet[ActionItem]:
    """The items that the filters let through; `today` decides what is overdue. `owner` may be NOBODY."""
    rows = by_due(items())
    if status == OVERDUE:
        rows = overdue(rows, today)
    elif status != ANY:
        rows = rows.filter(status=status)
    if owner:
        rows = rows.filter(owner__isnull=True) if owner == NOBODY else rows.filter(owner__name=owner)
    if severity:
        rows = rows.filter(incident__severity=int(severity))
    return rows.filter(_found(q)) if q else rows


def _found(q: str) -> Q:
    found = Q(text__icontains=q) | Q(link__icontains=q) | Q(incident__title__icontains=q)
    number = q.upper().removeprefix("INC-")
    return found | Q(incident=int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else found
