"""The list of incidents: columns, sorts and filters."""

from __future__ import annotations

from datetime import datetime

from detections.incidents.models import Incident
from detections.incidents.pages.queries import ANY, CURRENT, OVERDUE
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

STATUSES = {
    CURRENT: "Not closed",
    **{str(status): str(status.label) for status in Incident.Status},
    OVERDUE: "Postmortem overdue",
    ANY: "Any status",
}
NEWEST = (descending("dated", int), descending("declared_at", datetime), descending("pk", int))


class IncidentFilterForm(FilterForm):
    """The fields of `queries.matching`."""

    status = ChoiceFilter(STATUSES, label="Status", initial=CURRENT)
    severity = ChoiceFilter(
        {str(level.value): str(level.label) for level in Incident.Severity}, label="Severity", any_label="Any severity"
    )
    project = NameFilter(label="Project", any_label="Any project")
    environment = NameFilter(label="Environment", any_label="Any environment")
    commander = NameFilter(label="Commander", any_label="Whoever commands")
    bug_class = NameFilter(label="Bug class", any_label="Any bug class")
    policy = NameFilter(label="Policy", any_label="Any policy")
    q = SearchFilter(label="Search incidents", placeholder="INC-12, text, rule, variable, factor")


INCIDENTS = ListSpec(
    id="incidents",
    url="incident_list",
    label="Incidents",
    noun="incident",
    template="detections/incidents/incident_list.html",
    row="detections/incidents/_row.html",
    columns=(
        Column("Severity", "severity"),
        Column("Incident"),
        Column("Status"),
        Column("Commander"),
        Column("Alerts", css="num"),
        Column("Declared", "declared"),
    ),
    sorts=(
        Sort("declared", "Newest first", NEWEST),  # index incident_newest
        # Without an index, which a severity that may be unknown cannot have: incidents are thousands at most.
        Sort("severity", "Most severe first", (ascending("rank", int), *NEWEST)),
    ),
    filters=IncidentFilterForm,
)
