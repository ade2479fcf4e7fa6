"""The data of a time chart (pure): counts per bucket, baseline band, limits, marks; as table rows and as a sentence.

time_chart_svg.py draws it; a page shows `rows()` as a table beside the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """A line at a count, e.g. the threshold of a rule: one value for each bucket, None where there is no limit."""

    label: str
    values: Sequence[int | None]
    tone: str = "critical"

    @property
    def now(self) -> int | None:
        """The newest value that is not None."""
        return next((value for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True)
class Mark:
    """An event on the time axis: an alert (tone critical, high, …) or a deploy (tone accent). `legend` is what the
    legend says of the tone, where it is neither."""

    at: datetime
    label: str
    tone: str = "accent"
    legend: str = ""


@dataclass(frozen=True)
class Band:
    """The baseline for each bucket: expected value and usual range. None where there is no baseline."""

    expected: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]


@dataclass(frozen=True)
class TimeChart:
    """Counts in buckets of `step` from `start` (UTC). A count of None means no data, as opposed to zero."""

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

    @property
    def shown_marks(self) -> list[Mark]:
        """Those within the time, oldest first."""
        return sorted((mark for mark in self.marks if self.start <= mark.at <= self.end), key=lambda mark: mark.at)


@dataclass(frozen=True)
class ChartRow:
    """The numbers of one bucket. `tone` is that of the highest limit that the count reaches, or empty."""

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
    """One row for each bucket, oldest first."""
    return [_row(chart, index) for index in range(len(chart.counts))]


def describe(chart: TimeChart) -> str:
    """A description of at most two sentences: total, time range, maximum, and how many intervals reach a limit."""
    known = [count for count in chart.counts if count is not None]
    if not known:
        return "No data in this time."
    summary = (
        f"{sum(known):,} {chart.unit} from {stamp(chart.start)} to {stamp(chart.end)}, at most {max(known):,} at once."
    )
    over = sum(row.over for row in rows(chart))
    return f"{summary} {over} of {len(known)} intervals reach a limit." if chart.limits else summary


def stamp(moment: datetime) -> str:
    """A time as `20 Nov 12:05 UTC`."""
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
