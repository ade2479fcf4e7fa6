"""The timeline as a page shows it: lines with marks, files and times in two zones, and the addresses around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident
from detections.incidents.timeline import queries
from detections.incidents.timeline.notes import MOST_FILES
from detections.incidents.timeline.reading import OLDEST, ORDERS, SHOWN, ZONES, TimelineQuery, read_query
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark
from opsconsole.lib.web import cursor
from opsconsole.lib.web.attachments import ALLOWED
from opsconsole.lib.web.htmx import stamp_of
from opsconsole.lib.web.lists import keyset
from opsconsole.lib.web.lists.order import place_of

SIZE = 50  # lines of a page
MOST_PRINTED = 5_000
ANCHOR = "#timeline"
Mark = TimelineMark.Mark


@dataclass(frozen=True)
class ShownLine:
    """A line as it is shown. `standing` is the mark that holds, `marked_by` who gave it, '' where its source judges;
    `local` its time of day in the chosen zone, '' where that is UTC; `day` its day in UTC where another one begins."""

    line: TimelineLine
    standing: str
    marked_by: str
    files: Sequence[TimelineFile]
    local: str
    day: str

    @property
    def important(self) -> bool:
        return self.standing == Mark.IMPORTANT

    @property
    def left_out(self) -> bool:
        return self.standing == Mark.LEFT_OUT

    @property
    def whole(self) -> str:
        """The text below the first line, which is not said twice unless it is more than words, such as a list."""
        first, _, rest = self.line.body.partition("\n")
        return rest.strip("\n") if first.lstrip("# ").strip() == self.line.text else self.line.body


@dataclass(frozen=True)
class TimelinePage:
    """A page of the timeline; `previous` and `next` are addresses of others, '' where there is none."""

    lines: Sequence[ShownLine]
    previous: str
    next: str


def lines_context(page: IncidentPage, asked: TimelineQuery, stamp: str) -> dict[str, Any]:
    """The context of the lines alone, which polls replace. Three queries."""
    return {
        "page": page,
        "incident": page.incident,
        "timeline": {
            "page": _page(page.incident, asked),
            "asked": asked,
            "may_write": page.may("change_incident"),
            "here": f"{address_of(page.incident)}{asked.here}{ANCHOR}",
            "stamp": stamp,
            "polls": page.incident.status != Incident.Status.CLOSED,
            "empty": "Nothing is marked as important." if asked.show == queries.IMPORTANT else "There is no line yet.",
        },
    }


def context_of(page: IncidentPage) -> dict[str, Any]:
    """The context of the whole part: the lines, their filters and order, the form of a note. Five queries."""
    asked = read_query(page.query, page.zone)
    context = lines_context(page, asked, stamp_for(page, asked))

    def link(**changes: str) -> str:
        return f"{address_of(page.incident)}{asked.address(**changes)}{ANCHOR}"

    context["timeline"] |= {
        "shows": [(label, link(show=key), key == asked.show) for key, label in SHOWN.items()],
        "orders": [(label, link(order=key), key == asked.order) for key, label in ORDERS.items()],
        "zones": sorted({*ZONES, page.zone.key}),
        **note_context(asked.zone),
    }
    return context


def note_context(zone: ZoneInfo) -> dict[str, Any]:
    """What the form of a note says about times and files, and its key, by which it is written once."""
    files = {"allowed": ALLOWED, "most_file": settings.EVIDENCE_MAX_FILE, "most_files": MOST_FILES}
    return {"zone": zone, "key": uuid4(), **files}


def stamp_for(page: IncidentPage, asked: TimelineQuery) -> str:
    """A stamp that changes with all that the lines show. Two queries."""
    rights = page.may("change_incident")
    return stamp_of(*queries.newest(page.incident), page.incident.status, rights, asked.here)


def printed(page: IncidentPage) -> dict[str, Any]:
    """The context of the print view: all that is asked for, the oldest first, without what people left out. Four
    queries."""
    asked = read_query({**page.query, "order": OLDEST, "after": "", "before": ""}, page.zone)
    shown = queries.with_marks(queries.lines_of(page.incident, asked.show))
    kept = shown.exclude(Q(standing=Mark.LEFT_OUT)).order_by("at", "pk")
    rows = list(kept[: MOST_PRINTED + 1])
    left_out = queries.with_marks(page.incident.timeline.order_by()).filter(Q(standing=Mark.LEFT_OUT)).count()
    return {
        "page": page,
        "incident": page.incident,
        "asked": asked,
        "shown": SHOWN[asked.show].lower(),
        "lines": _shown(rows[:MOST_PRINTED], asked.zone, page.incident),
        "cut": len(rows) > MOST_PRINTED,
        "most": MOST_PRINTED,
        "left_out": left_out,
    }


def address_of(incident: Incident) -> str:
    """The incident's page."""
    return reverse("incident", args=[incident.pk])


def _page(incident: Incident, asked: TimelineQuery) -> TimelinePage:
    """The page that is asked for; the first one where nothing is left at its place. Three queries, a fourth then."""
    rows = queries.lines_of(incident, asked.show)
    taken = keyset.take(rows, asked.keys_taken, SIZE, asked.place)
    place, backwards = asked.place, asked.backwards
    if place is not None and not taken.rows:
        taken, place, backwards = keyset.take(rows, asked.keys, SIZE), None, False
    shown = taken.rows[::-1] if backwards else taken.rows
    base = address_of(incident)

    def beside(name: str, row: TimelineLine) -> str:
        return f"{base}{asked.address(**{name: cursor.encode(place_of(row, asked.keys))})}{ANCHOR}"

    has_previous = taken.more if backwards else place is not None
    has_next = backwards or taken.more
    return TimelinePage(
        _shown(shown, asked.zone),
        beside("before", shown[0]) if has_previous else "",
        beside("after", shown[-1]) if has_next else "",
    )


def _shown(rows: Sequence[TimelineLine], zone: ZoneInfo, whole: Incident | None = None) -> list[ShownLine]:
    """The rows with their marks and files; `whole`: the incident of which they are most, for a short statement."""
    of = whole or [row.pk for row in rows]
    marks, files = queries.newest_marks(of), queries.files_of(of)
    result, before = [], ""
    for row in rows:
        mark, day = marks.get(row.pk), f"{row.at.astimezone(UTC):%A, %Y-%m-%d}"
        standing = mark.mark if mark else Mark.IMPORTANT if row.important else Mark.PLAIN
        by = mark.actor_name if mark else ""
        local = "" if zone.key == "UTC" else _local(row, zone, day)
        result.append(ShownLine(row, standing, by, files.get(row.pk, ()), local, day if day != before else ""))
        before = day
    return result


def _local(row: TimelineLine, zone: ZoneInfo, day: str) -> str:
    """`16:03 CEST`, with the day where that is another than in UTC."""
    at = row.at.astimezone(zone)
    other_day = "" if f"{at:%A, %Y-%m-%d}" == day else f"{at:%a} "
    return f"{other_day}{at:%H:%M %Z}"
