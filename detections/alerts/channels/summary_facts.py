"""What a daily summary says, and how it reads as plain text (pure)."""

from __future__ import annotations

from typing import TypedDict

NOTHING = "Nothing to report: no alert without a message of its own, nothing detected late, nothing that waits."


class SummaryItem(TypedDict):
    """One line; `url` is the page that it is about, empty without one."""

    text: str
    url: str


class SummarySection(TypedDict):
    """`title` has the number of all, e.g. `3 medium alerts`; `items` are the first of them. `name` is for programs."""

    name: str
    title: str
    total: int
    items: list[SummaryItem]


class SummaryFacts(TypedDict):
    """`day` as ISO date. `since` and `until` as ISO 8601 with the offset of its zone, half-open; `sections` has only
    those with something in them."""

    day: str
    since: str
    until: str
    sections: list[SummarySection]


def summary_headline(summary: SummaryFacts) -> str:
    """`Daily summary of 2026-06-12: 3 medium alerts, 1 open finding`."""
    titles = ", ".join(section["title"] for section in summary["sections"])
    return f"Daily summary of {summary['day']}: {titles or 'nothing to report'}"


def period(summary: SummaryFacts) -> str:
    """`From 2026-06-11 09:00 to 2026-06-12 09:00 (UTC-04:00).`"""
    since, until = (text[:16].replace("T", " ") for text in (summary["since"], summary["until"]))
    return f"From {since} to {until} (UTC{summary['until'][19:] or '+00:00'})."


def more(section: SummarySection, shown: int) -> str:
    """`and 12 more`; empty where all are shown."""
    left = section["total"] - min(shown, len(section["items"]))
    return f"and {left:,} more" if left > 0 else ""


def shown_items(summary: SummaryFacts, most: int) -> list[tuple[str, list[SummaryItem], str]]:
    """Of each section its title, at most `most` items, and how many more there are."""
    return [(section["title"], section["items"][:most], more(section, most)) for section in summary["sections"]]
