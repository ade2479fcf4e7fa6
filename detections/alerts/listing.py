"""The list of alerts: columns, sorts, filters and bulk actions."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.filters import BOUNDED, CONDITIONS, HANDLINGS, OPEN, SEVERITIES
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

MAY_ACT = "detections.change_alert"
ACKNOWLEDGE = "acknowledge"
NEWEST = (descending("opened_at", datetime), descending("pk", int))
BY_SEVERITY = descending("severity", int)
# Annotated by `queries.sortable`.
UNACKNOWLEDGED_FIRST = ascending("is_acknowledged", int)
MANY_FIRST = descending("stands_for", int)


class AlertFilterForm(FilterForm):
    """The fields of `filters.AlertCriteria` as a form."""

    condition = ChoiceFilter(CONDITIONS, label="Status", initial=OPEN)
    handling = ChoiceFilter(HANDLINGS, label="Acknowledgment", any_label="Acknowledged or not")
    severity = ChoiceFilter(
        {word: word.capitalize() for word in SEVERITIES}, label="Severity", any_label="Any severity"
    )
    rule = NameFilter(label="Rule", any_label="Any rule")
    project = NameFilter(label="Project", any_label="Any project")

    @property
    def bounded(self) -> bool:
        return self.chosen["condition"] in BOUNDED


ALERTS = ListSpec(
    id="inbox",
    url="alert_list",
    label="Alerts",
    noun="alert",
    template="detections/alerts/alert_list.html",
    row="detections/alerts/_row.html",
    columns=(
        Column("Severity", "severity"),
        Column("Alert"),
        Column("Project"),
        Column("Status"),
        Column("Acknowledged by", "need"),
        Column("Opened", "opened"),
        Column("Actions", hidden=True),
    ),
    sorts=(
        Sort("severity", "Most severe first", (BY_SEVERITY, UNACKNOWLEDGED_FIRST, MANY_FIRST, *NEWEST), bounded=True),
        Sort("need", "Unassigned first", (UNACKNOWLEDGED_FIRST, BY_SEVERITY, MANY_FIRST, *NEWEST), bounded=True),
        Sort("opened", "Newest first", NEWEST),  # indexes alert_opened_at and alert_condition
    ),
    filters=AlertFilterForm,
    actions=(BulkAction(ACKNOWLEDGE, "Acknowledge"),),
    bulk_url="alerts_bulk",
    permission=MAY_ACT,
)
