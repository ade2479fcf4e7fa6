"""The list of alerts: columns, sorts, filters and bulk actions."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.filters import BOUNDED, CONDITIONS, DISPOSITIONS, HANDLINGS, OPEN, SEVERITIES, UNJUDGED
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

MAY_ACT = "detections.change_alert"
ACKNOWLEDGE = "acknowledge"
DECLARE = "declare"
JUDGE = {word: label for word, label in DISPOSITIONS.items() if word != UNJUDGED}
NEWEST = (descending("opened_at", datetime), descending("pk", int))
BY_SEVERITY = descending("severity", int)
# Annotated by `queries.sortable`.
UNACKNOWLEDGED_FIRST = ascending("is_acknowledged", int)
MANY_FIRST = descending("stands_for", int)
# What recovers comes apart, after what fires: the same order twice, as a column is sorted the way of its first key.
FIRING_FIRST, RECOVERING_LAST = descending("fires", int), ascending("recovers", int)
APART = frozenset({"severity", "need"})  # the sorts that begin with it


class AlertFilterForm(FilterForm):
    """The fields of `filters.AlertCriteria` as a form."""

    condition = ChoiceFilter(CONDITIONS, label="Status", initial=OPEN)
    handling = ChoiceFilter(HANDLINGS, label="Acknowledgment", any_label="Acknowledged or not")
    severity = ChoiceFilter(
        {word: word.capitalize() for word in SEVERITIES}, label="Severity", any_label="Any severity"
    )
    rule = NameFilter(label="Rule", any_label="Any rule")
    project = NameFilter(label="Project", any_label="Any project")
    label = NameFilter(label="Label", any_label="Any label")
    responder = NameFilter(label="Who has it", any_label="Whoever has it")
    disposition = ChoiceFilter(DISPOSITIONS, label="Disposition", any_label="Judged or not")

    @property
    def bounded(self) -> bool:
        return self.chosen["condition"] in BOUNDED

    def offers(self, action: str) -> bool:
        """What is open is acknowledged, what is resolved is judged; of any an incident is declared."""
        if action == DECLARE:
            return True
        if action == ACKNOWLEDGE:
            return self.chosen["condition"] not in ("resolved", "inactive")
        return not self.bounded


ALERTS = ListSpec(
    id="alerts",
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
        Sort(
            "severity",
            "Most severe first",
            (FIRING_FIRST, BY_SEVERITY, UNACKNOWLEDGED_FIRST, MANY_FIRST, *NEWEST),
            bounded=True,
        ),
        Sort(
            "need",
            "Unacknowledged first",
            (RECOVERING_LAST, UNACKNOWLEDGED_FIRST, BY_SEVERITY, MANY_FIRST, *NEWEST),
            bounded=True,
        ),
        Sort("opened", "Newest first", NEWEST),  # indexes alert_opened_at and alert_condition
    ),
    filters=AlertFilterForm,
    actions=(
        BulkAction(ACKNOWLEDGE, "Acknowledge"),
        BulkAction("true_positive", JUDGE["true_positive"]),
        BulkAction(
            "false_positive",
            JUDGE["false_positive"],
            confirm="It counts into the measured false positives of the rules.",
            ask="Why they were false positives",
        ),
        BulkAction("expected", JUDGE["expected"]),
        BulkAction(DECLARE, "Declare an incident", goes_to="incident_new", permission="detections.add_incident"),
    ),
    bulk_url="alerts_bulk",
    permission=MAY_ACT,
    wide=True,
)
