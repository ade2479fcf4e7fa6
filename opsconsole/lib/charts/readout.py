"""What a time chart says of each bucket (pure): its time, count, what is usual, limits and marks, a line each.

The columns that have these words as their tooltip are also what chart.js reads under pointer, finger and arrow keys.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.html import escape
from django.utils.safestring import SafeString

from opsconsole.lib.charts.small import number, shapes
from opsconsole.lib.charts.time_chart import ChartRow, Mark, TimeChart, rows, stamp

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def areas(chart: TimeChart, height: int) -> SafeString:
    """An invisible column over each bucket whose tooltip has the bucket's words."""
    wide = 100 / max(len(chart.counts), 1)
    size = f'width="{number(wide)}%" height="{height}"'
    return shapes(
        f'<rect class="chart-hit" x="{number(index * wide)}%" y="0" {size}><title>{escape(words)}</title></rect>'
        for index, words in enumerate(readouts(chart))
    )


def readouts(chart: TimeChart) -> list[str]:
    """The words of each bucket, oldest first."""
    marks = marks_of_buckets(chart)
    return ["\n".join(_lines(chart, row, marks.get(index, []), index)) for index, row in enumerate(rows(chart))]


def marks_of_buckets(chart: TimeChart) -> dict[int, list[Mark]]:
    """The marks by the index of the bucket that they fall into; one at the very end belongs to the last."""
    found: dict[int, list[Mark]] = {}
    for mark in chart.shown_marks:
        found.setdefault(min((mark.at - chart.start) // chart.step, len(chart.counts) - 1), []).append(mark)
    return found


def _lines(chart: TimeChart, row: ChartRow, marks: list[Mark], index: int) -> list[str]:
    lines = [span(row.start, chart.step), _count(chart, row)]
    if chart.partial_last and index == len(chart.counts) - 1:
        lines.append("still running")
    if row.expected is not None:
        lines.append(f"usual {row.expected:.1f}")
    lines += [f"{limit.label} from {value:,}" for limit, value in zip(chart.limits, row.limits, strict=True) if value]
    return lines + [f"{mark.at.astimezone(UTC):%H:%M} {mark.label}" for mark in marks]


def _count(chart: TimeChart, row: ChartRow) -> str:
    if row.count is None:
        return "no data"
    reached = next((limit.label for limit in chart.limits if limit.tone == row.tone), row.tone)
    return f"{row.count:,} {chart.unit}" + (f", reaches {reached}" if reached else "")


def span(start: datetime, step: timedelta) -> str:
    """From when to when a bucket is, without what both have in common."""
    start, end = start.astimezone(UTC), (start + step).astimezone(UTC)
    if step <= _MINUTE:
        return stamp(start)
    if step % _DAY or (start.hour, start.minute) != (0, 0):
        return f"{start:%d %b %H:%M} to {end:%H:%M} UTC" if step < _DAY else f"{stamp(start)} to {stamp(end)}"
    last = end - _DAY
    return f"{start:%d %b %Y}" if step == _DAY else f"{start:%d %b} to {last:%d %b %Y}"
