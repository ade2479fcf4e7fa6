"""The scorecard as a list of systems: its filters, sorts, and the table of each system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django import forms
from django.urls import reverse

from bootstrap.checklists.models import Checklist, ChecklistVersion
from bootstrap.scorecard.cells import ScorecardCell
from bootstrap.systems.models import Environment, System
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending
from opsconsole.lib.web.lists.spec import Empty, ListSpec, Sort

STATES = {
    "short": "Not complete",
    "none": "Without a run",
    "waived": "With waivers",
    "contradicted": "Contradicted by a report",
    "overdue": "Overdue",
}


class PastDayFilter(SearchFilter):
    """A day as YYYY-MM-DD; empty for now."""

    kind = "day"

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, placeholder="")
        self.widget = forms.DateInput({"type": "date", "title": label})

    def clean(self, value: Any) -> str:
        return str(value).strip() if day_of(str(value)) else ""

    def remark(self, value: str) -> str:
        if not value.strip() or day_of(value):
            return ""
        return f"{self.label} “{value[:30]}” was not understood and left out; a day is written 2026-09-01."


def day_of(text: str) -> date | None:
    """The day of `2026-09-01`; None for anything else."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError:
        return None


class ScorecardFilterForm(FilterForm):
    system = NameFilter(label="System", any_label="All systems")
    environment = NameFilter(label="Environment", any_label="All environments")
    kind = ChoiceFilter(dict(Checklist.Kind.choices), label="Kind", any_label="All kinds but reviews")
    below = NameFilter(label="Level", any_label="Any level")
    state = ChoiceFilter(STATES, label="State", any_label="Any state")
    on = PastDayFilter(label="At the end of")


SCORECARD = ListSpec(
    id="scorecard",
    url="scorecard",
    label="Scorecard",
    noun="checklist",
    template="bootstrap/scorecard/page.html",
    row="bootstrap/scorecard/_system.html",
    columns=(),
    sorts=(
        Sort("system", "System", (ascending("slug", str),)),
        Sort("missing", "Least complete first", (ascending("share", int), ascending("slug", str))),
        Sort("quiet", "Longest without an act first", (ascending("last_act", int), ascending("slug", str))),
    ),
    filters=ScorecardFilterForm,
    per_page=10,  # systems; of five environments and ten checklists each, 500 cells
    polls=False,
)


def no_systems() -> Empty:
    """The text of a scorecard without a checklist, and what to do next."""
    return Empty(
        "No checklist yet",
        "Import a runbook with a checklist and add the environments of its system: each pair of them has a place here.",
        icon="checklist",
        action_label="Runbooks",
        action_url=reverse("runbook_list"),
    )


@dataclass(frozen=True)
class SystemCard:
    """The table of a system: `checklists` by title; `rows` are environments with a cell for each of them, None where
    the filters leave it out."""

    system: System
    cells: tuple[ScorecardCell, ...]

    @property
    def slug(self) -> str:
        return str(self.system.slug)

    @cached_property
    def checklists(self) -> list[ChecklistVersion]:
        return list({cell.newest.pk: cell.newest for cell in self.cells}.values())

    @cached_property
    def rows(self) -> list[tuple[Environment, list[ScorecardCell | None]]]:
        places = {(cell.environment.pk, cell.newest.pk): cell for cell in self.cells}
        environments = {cell.environment.pk: cell.environment for cell in self.cells}.values()
        return [
            (environment, [places.get((environment.pk, version.pk)) for version in self.checklists])
            for environment in environments
        ]

    @property
    def share(self) -> int:
        """Settled items in 10,000 of its applicable ones; a place without a run counts as a whole checklist missing."""
        shares = [
            cell.counts.settled / cell.counts.applicable if cell.counts.applicable else float(cell.run is not None)
            for cell in self.cells
        ]
        return int(10_000 * sum(shares) / len(shares))

    @property
    def last_act(self) -> int:
        """When the newest act was made, in seconds since 1970; 0 without one."""
        return max((int(cell.last_at.timestamp()) for cell in self.cells if cell.last_at), default=0)

    @property
    def complete(self) -> int:
        """The number of cells in which nothing is missing."""
        return sum(not cell.is_short for cell in self.cells)


def matches(cell: ScorecardCell, chosen: dict[str, Any]) -> bool:
    """Whether the filters `below` and `state` leave the cell in."""
    if chosen["below"] and not cell.is_below(chosen["below"]):
        return False
    return {
        "": True,
        "short": cell.is_short,
        "none": cell.run is None,
        "waived": cell.counts.waived > 0 or cell.counts.lapsed > 0,
        "contradicted": bool(cell.contradicted),
        "overdue": cell.overdue > 0,
    }[chosen["state"]]


def cards_of(cells: Sequence[ScorecardCell], chosen: dict[str, Any]) -> list[SystemCard]:
    """The tables of the systems that have a cell which matches the filters."""
    by_system: dict[int, list[ScorecardCell]] = {}
    for cell in cells:
        if matches(cell, chosen):
            by_system.setdefault(cell.environment.system_id, []).append(cell)
    return [SystemCard(own[0].environment.system, tuple(own)) for own in by_system.values()]
