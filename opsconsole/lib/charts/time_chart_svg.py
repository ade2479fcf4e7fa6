"""Draws a time chart as accessible SVG (pure): bars, baseline band, limits, marks, UTC axis.

The x axis is in percent and text is not scaled, so one drawing fits a wide screen and a phone; charts.css has the
colours. Hovering a bucket shows its numbers (`<title>`); chart.js shows them under finger and arrow keys too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib.charts import axes
from opsconsole.lib.charts.axes import AXIS_HEIGHT, PLOT_TOP, Y_TICKS
from opsconsole.lib.charts.legend import LegendLine, limit_lines, other_lines
from opsconsole.lib.charts.limit_labels import labels
from opsconsole.lib.charts.marks import MARKS_HEIGHT, draw_marks
from opsconsole.lib.charts.readout import areas
from opsconsole.lib.charts.small import number, shapes
from opsconsole.lib.charts.time_chart import Band, ChartRow, Limit, TimeChart, describe, rows

X_TICKS = 8
# Distances between x ticks. The axis uses the smallest that gives at most X_TICKS ticks.
_TICK_STEPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)) + tuple(
    timedelta(days=d) for d in (1, 2, 7, 14, 30)
)


def draw(chart: TimeChart) -> SafeString:
    """The chart as SVG, with its title and `describe()` for screen readers."""
    top = nice_ceiling(_highest(chart))
    return format_html(
        '<svg class="chart{8}" width="100%" height="{0}" role="img" aria-labelledby="{1}-title {1}-desc">'
        '<title id="{1}-title">{2}</title><desc id="{1}-desc">{3}</desc>{4}'
        '<svg class="chart-plot" y="{5}" width="100%" height="{6}">{7}</svg></svg>',
        chart.height,
        chart.key,
        chart.title,
        describe(chart),
        _y_axis(chart, top),
        plot_top(chart),
        plot_height(chart),
        mark_safe("".join(_layers(chart, top))),  # noqa: S308 - each layer comes from format_html
        " chart-with-limits" if chart.limits else "",
    )


@dataclass(frozen=True)
class ChartView:
    """The context of components/chart.html."""

    chart: TimeChart
    svg: SafeString
    rows: list[ChartRow]
    limits: list[LegendLine]
    others: list[LegendLine]
    has_missing: bool


def view(chart: TimeChart) -> ChartView:
    """The drawing with legend and table rows, for the template."""
    top = nice_ceiling(_highest(chart))
    table = rows(chart)
    return ChartView(
        chart=chart,
        svg=draw(chart),
        rows=table,
        limits=limit_lines(chart, top),
        others=other_lines(chart, table),
        has_missing=any(count is None for count in chart.counts),
    )


def nice_ceiling(highest: float) -> int:
    """The top of the y axis: the least of 4, 8, 12, 20, 32, 40, 80, … that is at least `highest`.

    All are divisible by four, so that the ticks are whole numbers.
    """
    scale = 1
    while True:
        for step in (4, 8, 12, 20, 32):
            if highest <= step * scale:
                return step * scale
        scale *= 10


def tick_step(span: timedelta) -> timedelta:
    """The distance between x ticks for a chart of length `span`."""
    return next((step for step in _TICK_STEPS if span / step <= X_TICKS), _TICK_STEPS[-1])


def ticks(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    """Round UTC times on the x axis with their labels: `12:05`, or `20 Nov` at midnight and for steps of days."""
    step = tick_step(end - start)
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * -((midnight - start) // step)
    while at <= end:
        yield at, f"{at.day} {at:%b}" if step >= timedelta(days=1) or (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
        at += step


def plot_top(chart: TimeChart) -> int:
    """Pixels above the y axis, with a row for marks if there are any."""
    return PLOT_TOP + (MARKS_HEIGHT if chart.shown_marks else 0)


def plot_height(chart: TimeChart) -> int:
    """Pixels between the base line and the top of the y axis."""
    return chart.height - plot_top(chart) - AXIS_HEIGHT


def _layers(chart: TimeChart, top: int) -> Iterator[SafeString]:
    """The parts of the plot from back to front."""
    yield axes.grid(plot_height(chart))
    if chart.band:
        yield _band(chart, chart.band, top)
    yield _bars(chart, top)
    for limit in chart.limits:
        if limit.now is not None:
            yield _limit(chart, limit, top)
    yield _limit_labels(chart, top)
    yield draw_marks(chart, plot_height(chart))
    yield _x_axis(chart)
    yield areas(chart, plot_height(chart))


def _highest(chart: TimeChart) -> float:
    """The largest value that must be visible. A limit far above all counts is left out, as it would flatten them."""
    highest_count = max((count for count in chart.counts if count is not None), default=0)
    highest_usual = max((value for value in chart.band.high if value is not None), default=0.0) if chart.band else 0.0
    limits = [value for limit in chart.limits for value in limit.values if value is not None]
    visible = [value for value in limits if value <= max(20.0, 4.0 * max(highest_count, highest_usual))]
    return max(float(highest_count), highest_usual, *map(float, visible))


def _y_axis(chart: TimeChart, top: int) -> SafeString:
    words = [f"{top * (Y_TICKS - part) // Y_TICKS:,}" for part in range(Y_TICKS + 1)]
    return axes.y_axis(words, plot_top(chart), plot_height(chart))


def _x_axis(chart: TimeChart) -> SafeString:
    points = ((_x(chart, at), word) for at, word in ticks(chart.start, chart.end))
    return axes.x_axis(points, plot_height(chart))


def _bars(chart: TimeChart, top: int) -> SafeString:
    wide = 100 / max(len(chart.counts), 1)
    drawn: list[tuple[str, float, float, float, float]] = []
    for index, row in enumerate(rows(chart)):
        if row.count is None:
            drawn.append(("chart-missing", index * wide, 0, wide, plot_height(chart)))
        elif row.count:
            tall = max(2.0, plot_height(chart) * row.count / top)
            last = chart.partial_last and index == len(chart.counts) - 1
            kind = (f"chart-over tone-{row.tone}" if row.over else "chart-bar") + (" chart-partial" if last else "")
            drawn.append((kind, index * wide + wide * 0.09, plot_height(chart) - tall, wide * 0.82, tall))
    return shapes(
        f'<rect class="{kind}" x="{number(x)}%" y="{number(y)}" width="{number(wide)}%" height="{number(tall)}"/>'
        for kind, x, y, wide, tall in drawn
    )


def _band(chart: TimeChart, band: Band, top: int) -> SafeString:
    """The shaded range and the line of expected values, in a box that is stretched to the width."""
    pairs = zip(_runs(chart, band.low, top), _runs(chart, band.high, top), strict=True)
    area = " ".join(f"M{' L'.join(high)} L{' L'.join(reversed(low))} Z" for low, high in pairs)
    return axes.stretched(
        plot_height(chart),
        format_html('<path class="chart-band" d="{}"/>', area),
        format_html(
            '<path class="chart-expected" vector-effect="non-scaling-stroke" d="{}"/>', _line(chart, band.expected, top)
        ),
    )


def _limit(chart: TimeChart, limit: Limit, top: int) -> SafeString:
    path = format_html(
        '<path class="chart-limit" vector-effect="non-scaling-stroke" d="{}"/>', _line(chart, limit.values, top)
    )
    return format_html('<g class="tone-{}">{}</g>', limit.tone, axes.stretched(plot_height(chart), path))


def _limit_labels(chart: TimeChart, top: int) -> SafeString:
    """A label for each value of a limit, where it holds."""
    drawn = [
        (
            *(label.run.limit.tone, number(100 * label.x), 8 if label.x == 1 else 3, number(label.y)),
            *(label.run.limit.label, f"{label.run.value:,}"),
        )
        for label in labels(chart, top, lambda value: _y(chart, value, top))
    ]
    return format_html_join("", '<text class="chart-limit-label tone-{}" x="{}%" dx="{}" y="{}">{} ≥ {}</text>', drawn)


def _runs(chart: TimeChart, values: Sequence[float | None], top: int) -> list[list[str]]:
    """The corners of a step line on a width of 1000, one list for each run of known values."""
    wide = 1000 / max(len(values), 1)
    runs: list[list[str]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if index == 0 or values[index - 1] is None:
            runs.append([])
        y = number(_y(chart, value, top))
        runs[-1] += [f"{number(index * wide)} {y}", f"{number((index + 1) * wide)} {y}"]
    return runs


def _line(chart: TimeChart, values: Sequence[float | None], top: int) -> str:
    return " ".join(f"M{' L'.join(run)}" for run in _runs(chart, values, top))


def _y(chart: TimeChart, value: float, top: int) -> float:
    return plot_height(chart) * (1 - min(value, top * 1.1) / top)


def _x(chart: TimeChart, at: datetime) -> str:
    return number(100 * ((at - chart.start) / (chart.end - chart.start)))
