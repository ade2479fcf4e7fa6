"""The list of daily summaries."""

from __future__ import annotations

from datetime import datetime

from opsconsole.lib.web.lists.order import descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

SUMMARIES = ListSpec(
    id="summaries",
    url="summary_list",
    label="Daily summaries",
    noun="summary",
    template="detections/alerts/summary/list.html",
    row="detections/alerts/summary/_row.html",
    columns=(Column("Day"), Column("What it says"), Column("Sent to")),
    sorts=(Sort("until", "Newest first", (descending("until", datetime), descending("pk", int))),),  # summary_newest
)
