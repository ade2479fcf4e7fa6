"""The list of schedules: its columns, sorts and filters."""

from __future__ import annotations

from opsconsole.lib.web.lists.filters import FilterForm, FlagFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

_PLACE = (ascending("environment__system__slug", str), ascending("environment__slug", str), ascending("pk", int))


class ScheduleFilterForm(FilterForm):
    """A search, and only the paused ones."""

    q = SearchFilter(label="Search schedules", placeholder="Title, environment, subject or owner")
    paused = FlagFilter(label="Paused ones only")


# People make them, one for a checklist and environment: few enough to sort without an index.
SCHEDULES = ListSpec(
    id="schedules",
    url="schedule_list",
    label="Schedules",
    noun="schedule",
    template="bootstrap/checklists/schedules/list.html",
    row="bootstrap/checklists/schedules/_row.html",
    columns=(
        Column("Schedule", "checklist"),
        Column("Environment", "environment"),
        Column("Now open"),
        Column("Last one"),
        Column("Next one"),
        Column("Owner"),
    ),
    sorts=(
        Sort("checklist", "Checklist", (ascending("checklist__title", str), *_PLACE)),
        Sort("environment", "Environment", _PLACE),
    ),
    filters=ScheduleFilterForm,
)
