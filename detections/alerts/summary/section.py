"""What a section of a daily summary is made of; also those that other rooms add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.conf import settings

from detections.alerts.channels.summary_facts import SummaryItem, SummarySection
from detections.alerts.summary.models import DailySummary
from opsconsole.lib.text.secrets import scrub_text

MOST = 50  # items of a section; messages show fewer
LONGEST = 300  # characters of an item

SectionsOf = Callable[[DailySummary, datetime], Sequence[SummarySection]]
"""The sections that a room adds to a summary; those with nothing in them are left out."""


def number(count: int, noun: str) -> str:
    """`1 alert`, `2,000 alerts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def section(name: str, title: str, total: int, items: Iterable[SummaryItem]) -> SummarySection:
    """A section with at most MOST of its items."""
    return {"name": name, "title": title, "total": total, "items": list(items)[:MOST]}


def item(text: str, path: str) -> SummaryItem:
    """A line without secrets, and the page of the console that it is about."""
    line = " ".join(scrub_text(text).split())
    return {"text": line if len(line) <= LONGEST else line[: LONGEST - 1] + "…", "url": settings.PUBLIC_URL + path}
