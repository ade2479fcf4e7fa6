"""Which incidents the figures are about: days, severity, project, from the address of the page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from detections.incidents.models import Incident
from detections.telemetry.models import Project
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter

MONTHS = 12  # of the default, the present one included


class DayFilter(forms.CharField):
    """A day as `2026-06-30`; anything else is left out with a remark."""

    kind = "day"

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, initial="", required=False, widget=forms.DateInput({"type": "date"}))

    def clean(self, value: Any) -> str:
        return str(value) if day_of(str(value)) else ""

    def remark(self, value: str) -> str:
        """A sentence about a value that is no day, else empty."""
        if not value or day_of(value):
            return ""
        return f"{self.label} “{value}” was not understood and left out; a day is written like 2026-06-30."


class FiguresFilterForm(FilterForm):
    since = DayFilter(label="From")
    until = DayFilter(label="To")
    severity = ChoiceFilter(
        {str(value): label for value, label in Incident.Severity.choices}, label="Severity", any_label="Any severity"
    )
    project = NameFilter(label="Project", any_label="All projects")


@dataclass(frozen=True)
class FiguresQuestion:
    """From the start of `since` to the end of `until`, days in UTC. 0 and '' are any."""

    since: date
    until: date
    severity: int
    project: str

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.until, time(), UTC) + timedelta(days=1)


def day_of(text: str) -> date | None:
    """None where the text is no day between the years 2000 and 2100."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        return day if 2000 <= day.year <= 2100 else None
    return None


def read(query: QueryDict, now: datetime) -> tuple[FiguresFilterForm, FiguresQuestion]:
    """The filters as the page shows them, and what they ask for: by default the last twelve months."""
    form = FiguresFilterForm(query)
    today = now.astimezone(UTC).date()
    months = today.year * 12 + today.month - MONTHS
    since = day_of(form.chosen["since"]) or date(months // 12, months % 12 + 1, 1)
    until = day_of(form.chosen["until"]) or max(today, since)
    if since > until:
        form.remarks.append("From was after To; they were exchanged.")
        since, until = until, since
    form.chosen.update(since=since.isoformat(), until=until.isoformat())
    projects = dict(Project.objects.order_by("name").values_list("slug", "name"))
    form.offer({"project": projects})
    severity = int(form.chosen["severity"] or 0)
    return form, FiguresQuestion(since, until, severity, form.chosen["project"])
