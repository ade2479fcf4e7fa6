"""A histogram as accessible SVG (pure): how many values fall into each interval, with marks at some values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib.charts import axes
from opsconsole.lib.charts.axes import AXIS_HEIGHT, PLOT_TOP, Y_TICKS
from opsconsole.lib.charts.line_chart import in_words
from opsconsole.lib.charts.small import number, shapes
from opsconsole.lib.charts.time_chart_svg import nice_ceiling

MOST_BINS = 40
X_LABELS = 8


@dataclass(frozen=True)
class Histogram:
    """Counts in intervals of `width` from 0, the last one open upwards if `open_end`. `marks` are (label, value)."""

    title: str
    width: float
    counts: Sequence[int]
    unit: str
    noun: str
    marks: Sequence[tuple[str, float]] = ()
    open_end: bool = False
    height: int = 200
    key: str = "histogram"

    def interval(self, index: int) -> str:
        """`20 to 30 ms`, or `200 ms and more`."""
        low = in_words(index * self.width)
        if self.open_end and index == len(self.counts) - 1:
            return f"{low} {self.unit} and more"
        return f"{low} to {in_words((index + 1) * self.width)} {self.unit}"


@dataclass(frozen=True)
class HistogramView:
    """The context of components/histogram.html."""

    chart: Histogram
    svg: SafeString
    rows: list[tuple[str, int]]


def width_for(usual: float, most: float) -> tuple[float, int, bool]:
    """(width, number, whether the last is open) of intervals: some twenty up to `usual` (e.g. the 95th percentile), and
    on to `most` where that is near; few values far away do not squeeze the others."""
    raw = max(usual, 1e-3) / 20
    scale = 10.0 ** floor(log10(raw))
    width = next(factor * scale for factor in (1, 2, 5, 10) if factor * scale >= raw * (1 - 1e-9))
    needed = floor(most / width) + 1
    return width, min(needed, MOST_BINS), needed > MOST_BINS


def view(chart: Histogram) -> HistogramView:
    """The drawing with its table, for the template: only intervals that have values."""
    rows = [(chart.interval(index), count) for index, count in enumerate(chart.counts) if count]
    return HistogramView(chart, draw(chart), rows)


def describe(chart: Histogram) -> str:
    """A sentence for screen readers."""
    marks = ", ".join(f"{label} {in_words(value)} {chart.unit}" for label, value in chart.marks)
    fullest = max(range(len(chart.counts)), key=chart.counts.__getitem__)
    return f"{sum(chart.counts):,} {chart.noun}; {marks}; most of them in {chart.interval(fullest)}."


def draw(chart: Histogram) -> SafeString:
    """The chart as SVG."""
    top, height = nice_ceiling(max(chart.counts)), chart.height - PLOT_TOP - AXIS_HEIGHT
    words = [f"{top * (Y_TICKS - part) // Y_TICKS:,}" for part in range(Y_TICKS + 1)]
    plot = mark_safe("".join(_layers(chart, top, height)))  # noqa: S308 - each layer comes from format_html
    size = (chart.height, PLOT_TOP)
    return axes.figure(chart.key, chart.title, describe(chart), size, (axes.y_axis(words, PLOT_TOP, height), plot))


def _layers(chart: Histogram, top: int, height: int) -> Iterator[SafeString]:
    wide = 100 / len(chart.counts)
    yield axes.grid(height)
    yield shapes(_bar(index, count, wide, top, height) for index, count in enumerate(chart.counts) if count)
    every = max(ceil(len(chart.counts) / X_LABELS), 1)
    labelled = range(0, len(chart.counts) + 1, every)
    yield axes.x_axis(((number(index * wide), in_words(index * chart.width)) for index in labelled), height)
    yield _marks(chart, height)
    yield shapes(_column(chart, index, count, wide, height) for index, count in enumerate(chart.counts))


def _bar(index: int, count: int, wide: float, top: int, height: int) -> str:
    tall = max(2.0, height * count / top)
    place = f'x="{number(index * wide + wide * 0.06)}%" width="{number(wide * 0.88)}%"'
    return f'<rect class="chart-bar" {place} y="{number(height - tall)}" height="{number(tall)}"/>'


def _column(chart: Histogram, index: int, count: int, wide: float, height: int) -> str:
    words = escape(f"{chart.interval(index)}\n{count:,} {chart.noun}")
    place = f'x="{number(index * wide)}%" width="{number(wide)}%" y="0" height="{height}"'
    return f'<rect class="chart-hit" {place}><title>{words}</title></rect>'


def _marks(chart: Histogram, height: int) -> SafeString:
    """A line at each value; labels stand left of it beyond the middle, so that none leaves the plot."""
    full = chart.width * len(chart.counts)
    drawn = []
    for index, (label, value) in enumerate(chart.marks):
        share = min(value / full, 1.0)
        anchor, shift = ("end", -4) if share > 0.5 else ("start", 4)
        drawn.append((number(100 * share), height, anchor, shift, -8 + 14 * index, label, in_words(value), chart.unit))
    return format_html_join(
        "",
        '<g class="tone-accent"><line class="chart-mark" x1="{0}%" x2="{0}%" y1="-4" y2="{1}"/>'
        '<text class="chart-limit-label" x="{0}%" dx="{3}" y="{4}" text-anchor="{2}">{5} {6} {7}</text></g>',
        drawn,
    )
