"""Draws a line chart as accessible SVG (pure): the range that is allowed, what is expected, the lines, a UTC axis."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib.charts import axes
from opsconsole.lib.charts.axes import AXIS_HEIGHT, PLOT_TOP, Y_TICKS
from opsconsole.lib.charts.line_chart import (
    ChartLine,
    ExpectedLine,
    LineChart,
    LineRow,
    describe,
    in_words,
    readouts,
    rows,
)
from opsconsole.lib.charts.small import number, shapes
from opsconsole.lib.charts.time_chart_svg import ticks


@dataclass(frozen=True)
class LineChartView:
    """The context of components/line_chart.html."""

    chart: LineChart
    svg: SafeString
    rows: list[LineRow]
    ranged: bool


def view(chart: LineChart) -> LineChartView:
    """The drawing with its table, for the template."""
    limits = (*chart.expected.low, *chart.expected.high) if chart.expected else ()
    return LineChartView(chart, draw(chart), rows(chart), any(each is not None for each in limits))


def draw(chart: LineChart) -> SafeString:
    """The chart as SVG, with its title and `describe()` for screen readers."""
    low, high = chart.y_range
    words = [in_words(high - (high - low) * part / Y_TICKS) for part in range(Y_TICKS + 1)]
    y_axis = axes.y_axis(words, PLOT_TOP, plot_height(chart))
    plot = mark_safe("".join(_layers(chart)))  # noqa: S308 - each layer comes from format_html
    return axes.figure(chart.key, chart.title, describe(chart), (chart.height, PLOT_TOP), (y_axis, plot))


def plot_height(chart: LineChart) -> int:
    """Pixels between the base line and the top of the y axis."""
    return chart.height - PLOT_TOP - AXIS_HEIGHT


def _layers(chart: LineChart) -> Iterator[SafeString]:
    """The parts of the plot from back to front."""
    height, span = plot_height(chart), chart.end - chart.start
    if chart.expected:
        yield _allowed(chart, chart.expected)
    yield axes.grid(height)
    if chart.expected:
        yield _expected(chart, chart.expected)
    for line in chart.lines:
        yield _line(chart, line)
    yield _breaks(chart)
    points = ((number(100 * ((at - chart.start) / span)), word) for at, word in ticks(chart.start, chart.end))
    yield axes.x_axis(points, height)
    yield _columns(chart)


def _allowed(chart: LineChart, expected: ExpectedLine) -> SafeString:
    """The range of each bucket; where one end is open it goes to that of the plot."""
    wide, height = 100 / chart.size, plot_height(chart)
    drawn = []
    for index, (low, high) in enumerate(zip(expected.low, expected.high, strict=True)):
        if low is None and high is None:
            continue
        top = 0.0 if high is None else _y(chart, high)
        bottom = float(height) if low is None else _y(chart, low)
        drawn.append(
            f'<rect class="chart-band" x="{number(index * wide)}%" width="{number(wide + 0.05)}%"'
            f' y="{number(top)}" height="{number(max(bottom - top, 1.0))}"/>'
        )
    return shapes(drawn)


def _expected(chart: LineChart, expected: ExpectedLine) -> SafeString:
    """A step line."""
    wide, parts = 1000 / chart.size, []
    for index, value in enumerate(expected.values):
        if value is not None:
            y, before = number(_y(chart, value)), expected.values[index - 1] if index else None
            parts.append(
                f"{'M' if before is None else 'L'}{number(index * wide)} {y} L{number((index + 1) * wide)} {y}"
            )
    path = format_html('<path class="chart-expected" vector-effect="non-scaling-stroke" d="{}"/>', " ".join(parts))
    return axes.stretched(plot_height(chart), path)


def _line(chart: LineChart, line: ChartLine) -> SafeString:
    """Through the middles of the buckets; a value without a neighbour is a dot."""
    wide = 1000 / chart.size
    path, dots = [], []
    for run in _runs(line.values, chart.breaks):
        points = [((index + 0.5) * wide, _y(chart, value)) for index, value in run]
        if len(points) == 1:
            ((x, y),) = points
            dots.append(f'<circle class="chart-dot" cx="{number(x / 10)}%" cy="{number(y)}" r="2.5"/>')
        else:
            path.append("M" + " L".join(f"{number(x)} {number(y)}" for x, y in points))
    drawn = format_html('<path class="chart-line" vector-effect="non-scaling-stroke" d="{}"/>', " ".join(path))
    css = "chart-dashed" if line.dashed else "chart-solid"
    return format_html('<g class="{}">{}{}</g>', css, axes.stretched(plot_height(chart), drawn), shapes(dots))


def _breaks(chart: LineChart) -> SafeString:
    """An upright line where something else begins."""
    places = (number(100 * index / chart.size) for index in chart.breaks)
    lines = (f'<line class="chart-mark" x1="{at}%" x2="{at}%" y1="-4" y2="{plot_height(chart)}"/>' for at in places)
    return format_html('<g class="tone-accent">{}</g>', shapes(lines)) if chart.breaks else SafeString()


def _runs(values: Sequence[float | None], breaks: Container[int]) -> Iterator[list[tuple[int, float]]]:
    """(index, value) of neighbours, one list for each run of known values that nothing breaks."""
    run: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if run and (value is None or index in breaks):
            yield run
            run = []
        if value is not None:
            run.append((index, value))
    if run:
        yield run


def _columns(chart: LineChart) -> SafeString:
    """An invisible column over each bucket, whose tooltip chart.js reads."""
    wide = 100 / chart.size
    size = f'width="{number(wide)}%" height="{plot_height(chart)}"'
    return shapes(
        f'<rect class="chart-hit" x="{number(index * wide)}%" y="0" {size}><title>{escape(words)}</title></rect>'
        for index, words in enumerate(readouts(chart))
    )


def _y(chart: LineChart, value: float) -> float:
    low, high = chart.y_range
    return plot_height(chart) * (1 - (min(max(value, low), high) - low) / (high - low))
