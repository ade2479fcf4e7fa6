"""The list of runs: its columns, sorts and filters."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bootstrap.checklists.models import Checklist, Run, SignOff
from bootstrap.checklists.plans.view import PlanView
from bootstrap.checklists.progress import Progress
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, FlagFilter, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, Empty, ListSpec, Sort

PLACE = (ascending("environment__system__slug", str), ascending("environment__slug", str))
NEWEST = (
    descending("moved_at", datetime),
    descending("pk", int),
)  # annotated by `queries.matching`, as what `due` sorts by is by `plans.of_runs`


class RunFilterForm(FilterForm):
    """The kind of checklist is chosen by links beside the form; the form keeps it in a hidden field."""

    kept = ("kind",)

    kind = ChoiceFilter(dict(Checklist.Kind.choices), label="Kind", hidden=True)
    q = SearchFilter(label="Search runs", placeholder="Title, environment or subject")
    mine = FlagFilter(label="Mine and my groups'")
    overdue = FlagFilter(label="Overdue")
    owner = NameFilter(label="Owner", any_label="Anybody")
    closed = FlagFilter(label="Closed ones")

    @property
    def default_sort(self) -> str:
        return "recent" if self.chosen["closed"] else "due"


class RunRow(NamedTuple):
    """A run with its counts and its newest act. `again` is the id of the version to start it again with, if closed."""

    run: Run
    progress: Progress
    last: SignOff | None
    again: int | None
    plan: PlanView = PlanView()
    overdue: int = 0


# People start runs and close most of them within days: there are few enough to sort without an index.
RUNS = ListSpec(
    id="runs",
    url="checklist_list",
    label="Checklists",
    noun="checklist",
    template="bootstrap/checklists/list.html",
    row="bootstrap/checklists/_run_row.html",
    columns=(
        Column("Environment", "environment"),
        Column("Checklist", "checklist"),
        Column("Owner"),
        Column("Due", "due"),
        Column("Progress"),
        Column("Done", css="num"),
        Column("Blocked", css="num"),
        Column("Last act"),
        Column("Again", hidden=True),
    ),
    sorts=(
        Sort(
            "due", "Overdue, then due soonest", (ascending("on_time", int), ascending("due_text", str), *PLACE, *NEWEST)
        ),
        Sort("environment", "Environment", (*PLACE, *NEWEST)),
        Sort("checklist", "Checklist", (ascending("version__checklist__title", str), *PLACE, *NEWEST)),
        Sort("recent", "Started or closed last", NEWEST),
    ),
    filters=RunFilterForm,
    per_page=100,  # more than anybody scrolls through; there is one review for each pull request
    others=frozenset({"version", "environment", "subject"}),  # initial values of the form that starts a run
)

NO_RUNS = Empty(
    "No checklist is open",
    "Load the shipped content, or import a runbook and start its checklist here.",
    icon="checklist",
    code="bin/manage load_content",
    code_id="load-content",
    code_label="Command that loads the shipped content",
)
