"""The list of an issue's stored events."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from detections.dashboard.issues.scope import NAMES
from detections.dashboard.search.form import SearchForm, language_filter
from detections.telemetry.search.keys import Domain
from detections.telemetry.search.of_rows import search_events
from detections.telemetry.search.translate import Search
from opsconsole.lib import clock
from opsconsole.lib.web.lists.order import descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort


class EventFilterForm(SearchForm):
    """The search."""

    domain = Domain.EVENTS

    q = language_filter(Domain.EVENTS, label="Search events", placeholder="environment:prod browser:Safari text")

    @cached_property
    def search(self) -> Search:
        return search_events(self.chosen["q"], clock.now())


EVENTS = ListSpec(
    id="events",
    url="issue_list",
    label="Events",
    noun="event",
    template="detections/dashboard/issue_events.html",
    row="detections/dashboard/_event_row.html",
    columns=(
        Column("Time", "newest"),
        Column("Message"),
        Column("Environment"),
        Column("Release"),
        Column("Event"),
    ),
    sorts=(Sort("newest", "Newest first", (descending("occurred_at", datetime), descending("pk", int))),),
    filters=EventFilterForm,
    others=frozenset(NAMES),
    polls=False,
)
