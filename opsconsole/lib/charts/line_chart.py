"""The data of a line chart (pure): values that are measured, a bucket each, and what is expected of them.

line_chart_svg.py draws it; a page shows `rows()` as a table beside the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import floor, log10

from opsconsole.lib.charts.axes import Y_TICKS
from opsconsole.lib.charts.readout import span
from opsconsole.lib.charts.time_chart import stamp


@dataclass(frozen=True)
class ChartLine:
    """A value for each bucket; None where nothing was measured. A second line of a chart is `dashed`."""

    label: str
    values: Sequence[float | None]
    dashed: bool = False


@dataclass(frozen=True)
class ExpectedLine:
    """What should be, for each bucket: the value, and the range that is allowed. None where nothing is expected."""

    values: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]


@dataclass(frozen=True)
class LineChart:
    """Lines over buckets of `step` from `start` (UTC). `unit` stands behind numbers, as `ms` or `%`; `from_zero`: the
    y axis begins there, and not near the lowest value. `breaks`: by bucket, in words, what is different from it on: no
    line goes across."""

    title: str
    start: datetime
    step: timedelta
    lines: Sequence[ChartLine]
    unit: str
    expected: ExpectedLine | None = None
    from_zero: bool = True
    height: int = 200
    key: str = "lines"
    breaks: Mapping[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of buckets."""
        return len(self.lines[0].values)

    @property
    def end(self) -> datetime:
        return self.start + self.step * self.size

    def known(self) -> list[float]:
        """All values that must be visible."""
        of_expected = (self.expected.values, self.expected.low, self.expected.high) if self.expected else ()
        drawn = (*(line.values for line in self.lines), *of_expected)
        return [value for values in drawn for value in values if value is not None]

    @cached_property
    def y_range(self) -> tuple[float, float]:
        """The least and the highest value of the y axis, so that its ticks are round."""
        known = self.known() or [0.0]
        most = max(known)
        least = 0.0 if self.from_zero else max(min(known) - (most - min(known)) * 0.1, 0.0)
        raw = max(most - least, abs(most) * 0.05, 1e-3) / Y_TICKS
        scale = 10.0 ** floor(log10(raw))
        for factor in (1, 2, 2.5, 5, 10, 20):
            step = factor * scale
            low = floor(least / step + 1e-9) * step
            if low + Y_TICKS * step >= most - 1e-9:
                break
        return low, low + Y_TICKS * step


@dataclass(frozen=True)
class LineRow:
    """The words of one bucket, for the table: of each line, and of what is expected."""

    start: datetime
    values: tuple[str, ...]
    expected: str


def rows(chart: LineChart) -> list[LineRow]:
    """One for each bucket that has a value, oldest first."""
    return [
        LineRow(
            chart.start + chart.step * index,
            tuple("" if line.values[index] is None else in_words(line.values[index]) for line in chart.lines),
            expected_words(chart, index),
        )
        for index in range(chart.size)
        if any(line.values[index] is not None for line in chart.lines)
    ]


def describe(chart: LineChart) -> str:
    """A sentence for screen readers: the time, and of each line the newest, lowest and highest value."""
    said = []
    for line in chart.lines:
        known = [value for value in line.values if value is not None]
        if known:
            newest, least, most = (in_words(each) for each in (known[-1], min(known), max(known)))
            said.append(f"{line.label} at last {newest} {chart.unit}, from {least} to {most}")
    if not said:
        return "No data in this time."
    times = {chart.start + chart.step * at: words for at, words in sorted(chart.breaks.items())}
    changed = "".join(f" From {stamp(at)} on: {words}." for at, words in times.items())
    return f"From {stamp(chart.start)} to {stamp(chart.end)}: {'; '.join(said)}.{changed}"


def readouts(chart: LineChart) -> list[str]:
    """The words of each bucket, a line each, oldest first."""
    return ["\n".join(_lines(chart, index)) for index in range(chart.size)]


def expected_words(chart: LineChart, index: int) -> str:
    """`10 %, allowed 8 to 12`; empty where nothing is expected."""
    if chart.expected is None or (value := chart.expected.values[index]) is None:
        return ""
    low, high = chart.expected.low[index], chart.expected.high[index]
    ranged = low is not None or high is not None
    most = 100.0 if chart.unit == "%" else None
    allowed = f", allowed {in_words(low or 0)} to {in_words(high if high is not None else most)}" if ranged else ""
    return f"{in_words(value)} {chart.unit}{allowed}"


def in_words(value: float | None) -> str:
    """`1,234`, `56.7` or `8.91`; without zeros at the end."""
    if value is None:
        return "none"
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lines(chart: LineChart, index: int) -> list[str]:
    lines = [span(chart.start + chart.step * index, chart.step)]
    lines += [chart.breaks[index]] if index in chart.breaks else []
    for line in chart.lines:
        value = line.values[index]
        lines.append(f"{line.label}: no data" if value is None else f"{line.label}: {in_words(value)} {chart.unit}")
    words = expected_words(chart, index)
    return [*lines, f"expected {words}"] if words else lines
