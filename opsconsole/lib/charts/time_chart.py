"""What a time chart holds (pure): counts per bucket, what is usual, limits, marks; the same in rows and in words.

chart_svg.py draws it; a page shows `rows()` as the table beside the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """A count at which something happens: one value for the whole time, or one per bucket (None: none there)."""

    label: str
    values: Sequence[int | None]
    tone: str = "critical"

    @property
    def now(self) -> int | None:
        """The newest known value."""
        return next((value for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True)
class Mark:
    """Something that happened at a point in time: an alert (tone critical, high, …) or a deploy (tone accent)."""

    at: datetime
    label: str
    tone: str = "accent"


@dataclass(frozen=True)
class Band:
    """What is usual, per bucket: expected value, and the range that is no surprise. None: not known there."""

    expected: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]


@dataclass(frozen=True)
class TimeChart:
    """Counts in buckets of `step` from `start` (UTC). A count of None means: no data then (not covered), not zero."""

    title: str
    start: datetime
    step: timedelta
    counts: Sequence[int | None]
    band: Band | None = None
    limits: Sequence[Limit] = ()
    marks: Sequence[Mark] = ()
    unit: str = "errors"
    partial_last: bool = False
    height: int = 220
    key: str = field(default="chart")

    @property
    def end(self) -> datetime:
        return self.start + self.step * len(self.counts)


@dataclass(frozen=True)
class ChartRow:
    """One bucket in numbers."""

    start: datetime
    count: int | None
    expected: float | None
    limits: tuple[int | None, ...]
    tone: str

    @property
    def over(self) -> bool:
        """Whether the count reaches a limit."""
        return bool(self.tone)


def rows(chart: TimeChart) -> list[ChartRow]:
    """The numbers of the drawing, oldest first; `tone` is of the highest limit that the count reaches, or empty."""
    return [_row(chart, index) for index in range(len(chart.counts))]


def describe(chart: TimeChart) -> str:
    """What the chart shows, in two sentences."""
    known = [count for count in chart.counts if count is not None]
    if not known:
        return "No data in this time."
    said = (
        f"{sum(known):,} {chart.unit} from {stamp(chart.start)} to {stamp(chart.end)}, at most {max(known):,} at once."
    )
    over = sum(row.over for row in rows(chart))
    return f"{said} {over} of {len(known)} intervals reach a limit." if chart.limits else said


def stamp(moment: datetime) -> str:
    """`20 Nov 12:05 UTC`."""
    return f"{moment.astimezone(UTC):%d %b %H:%M} UTC"


def _row(chart: TimeChart, index: int) -> ChartRow:
    count = chart.counts[index]
    limits = tuple(limit.values[index] for limit in chart.limits)
    reached = [
        (value, limit.tone)
        for value, limit in zip(limits, chart.limits, strict=True)
        if value is not None and count is not None and count >= value
    ]
    return ChartRow(
        start=chart.start + chart.step * index,
        count=count,
        expected=chart.band.expected[index] if chart.band else None,
        limits=limits,
        tone=max(reached, default=(0, ""))[1],
    )
