"""The list of an issue's stored events."""

from __future__ import annotations

from datetime import datetime

from detections.dashboard.issues.scope import NAMES
from opsconsole.lib.web.lists.order import descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

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
    others=frozenset(NAMES),
    polls=False,
)
