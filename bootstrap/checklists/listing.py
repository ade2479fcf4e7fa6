"""The list of runs: its columns, sorts and filters."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bootstrap.checklists.models import Checklist, Run, SignOff
from bootstrap.checklists.progress import Progress
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, FlagFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, Empty, ListSpec, Sort

PLACE = (ascending("environment__system__slug", str), ascending("environment__slug", str))
NEWEST = (descending("moved_at", datetime), descending("pk", int))  # annotated by `queries.matching`


class RunFilterForm(FilterForm):
    """The kind of checklist is chosen beside the form."""

    kept = ("kind",)

    kind = ChoiceFilter(dict(Checklist.Kind.choices), label="Kind", hidden=True)
    q = SearchFilter(label="Search runs", placeholder="Title, environment or subject")
    closed = FlagFilter(label="Closed ones")

    @property
    def default_sort(self) -> str:
        return "recent" if self.chosen["closed"] else "environment"


class RunRow(NamedTuple):
    """A run, how far it has come, the newest act on it, and the version to start it again with."""

    run: Run
    progress: Progress
    last: SignOff | None
    again: int | None


# A run is started by a person, and most are closed within days: few enough to sort without an index.
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
        Column("Progress"),
        Column("Done", css="num"),
        Column("Blocked", css="num"),
        Column("Last act"),
        Column("Again", hidden=True),
    ),
    sorts=(
        Sort("environment", "Environment", (*PLACE, *NEWEST)),
        Sort("checklist", "Checklist", (ascending("version__checklist__title", str), *PLACE, *NEWEST)),
        Sort("recent", "Started or closed last", NEWEST),
    ),
    filters=RunFilterForm,
    per_page=100,  # a hundred are what anybody scrolls through; reviews pile up, one for each pull request
    others=frozenset({"version", "environment", "subject"}),  # what the form below is filled in with
)

NO_RUNS = Empty(
    "No checklist is open",
    "Load the shipped content, or import a runbook and start its checklist here.",
    icon="checklist",
    code="bin/manage load_content",
    code_id="load-content",
    code_label="Command that loads the shipped content",
)
