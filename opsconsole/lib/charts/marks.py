"""Where the marks of a time chart stand and how much room their labels have (pure).

Marks so near to one another that their heads would touch on a phone share one head and one label. A label ends where
the next head begins; the browser cuts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from opsconsole.lib.charts.small import number
from opsconsole.lib.charts.time_chart import Mark, TimeChart, stamp

MARKS_HEIGHT = 16  # pixels above the plot for heads and labels
# Shares of the width. A head is 10 px wide, and a plot at least 250 px.
HEAD_SHARE = 0.04
LEAST_ROOM = 0.08  # a label in less says nothing
PHONE_ROOM = 0.25  # the same on a phone
MOST_ROOM = 0.3
_WORST_FIRST = ("critical", "high", "medium", "low", "info", "accent", "ok")


@dataclass(frozen=True)
class MarkGroup:
    """Marks that share a head at `x`, and the room of their label: `room` to the right of it, or to the left if
    negative. Shares of the width."""

    marks: tuple[Mark, ...]
    x: float
    room: float

    @property
    def label(self) -> str:
        """Each label once, with how many marks there are if several."""
        words = ", ".join(dict.fromkeys(mark.label for mark in self.marks))
        return words if len(self.marks) == 1 else f"{len(self.marks)}: {words}"

    @property
    def tone(self) -> str:
        """That of the gravest mark."""
        known = [tone for tone in _WORST_FIRST if any(mark.tone == tone for mark in self.marks)]
        return known[0] if known else self.marks[0].tone


def share(chart: TimeChart, mark: Mark) -> float:
    """Where the mark is, as a share of the width."""
    return (mark.at - chart.start) / (chart.end - chart.start)


def mark_groups(chart: TimeChart) -> list[MarkGroup]:
    """The marks within the time, oldest first, those together whose heads would touch."""
    together: list[list[Mark]] = []
    for mark in chart.shown_marks:
        if together and share(chart, mark) - share(chart, together[-1][0]) < HEAD_SHARE:
            together[-1].append(mark)
        else:
            together.append([mark])
    places = [share(chart, marks[0]) for marks in together]
    return [MarkGroup(tuple(marks), x, room) for marks, x, room in zip(together, places, _rooms(places), strict=True)]


def draw_marks(chart: TimeChart, base: int) -> SafeString:
    """A line for each mark down to `base`, then a head and a label for each group."""
    lines = format_html_join(
        "",
        '<line class="chart-mark tone-{0}" x1="{1}%" x2="{1}%" y1="-18" y2="{2}"/>',
        ((mark.tone, number(100 * share(chart, mark)), base) for mark in chart.shown_marks),
    )
    return format_html("{}{}", lines, format_html_join("", "{}", ((_head(group),) for group in mark_groups(chart))))


def _head(group: MarkGroup) -> SafeString:
    words = "\n".join(f"{mark.label} · {stamp(mark.at)}" for mark in group.marks)
    return format_html(
        '<g class="tone-{0}"><title>{1}</title><svg x="{2}%" y="-26" overflow="visible">'
        '<path class="chart-mark-head" d="M-5 0h10L0 8z"/></svg>{3}</g>',
        group.tone,
        words,
        number(100 * group.x),
        _label(group) if abs(group.room) >= LEAST_ROOM else "",
    )


def _label(group: MarkGroup) -> SafeString:
    """HTML within the drawing, since only the browser knows where a text has to be cut."""
    kinds = [" chart-mark-label-left"] * (group.room < 0) + [" chart-mark-label-wide"] * (abs(group.room) < PHONE_ROOM)
    return format_html(
        '<foreignObject x="{}%" y="-31" width="{}%" height="{}">'
        '<div xmlns="http://www.w3.org/1999/xhtml" class="chart-mark-label{}">{}</div></foreignObject>',
        number(100 * min(group.x, group.x + group.room)),
        number(100 * abs(group.room)),
        MARKS_HEIGHT,
        "".join(kinds),
        group.label,
    )


def _rooms(places: Sequence[float]) -> list[float]:
    """To the right up to the next head; the last near the end has its label to the left, in half of what is there."""
    rooms = [min(after - x, MOST_ROOM) for x, after in pairwise([*places, 1.0])]
    if places and rooms[-1] < PHONE_ROOM:
        left = (places[-1] - places[-2]) / 2 if len(places) > 1 else places[-1]
        if left > rooms[-1]:
            rooms[-1] = -min(left, MOST_ROOM)
            rooms[:-1] = [*rooms[:-2], *(min(room, left) for room in rooms[-2:-1])]
    return rooms
