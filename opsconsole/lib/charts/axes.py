"""What charts have in common (pure): the grid, both axes, and a box that is stretched to the width.

The x axis is in percent and text is not scaled, so one drawing fits a wide screen and a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib.charts.small import number

PLOT_TOP = 20  # room for a limit's label
AXIS_HEIGHT = 22
Y_TICKS = 4  # intervals of the y axis


def grid(height: int) -> SafeString:
    """A line for each tick of the y axis, on a plot of `height` pixels."""
    heights = [number(height * part / Y_TICKS) for part in range(Y_TICKS + 1)]
    return format_html_join(
        "", '<line class="chart-grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>', [(y,) for y in heights]
    )


def y_axis(words: Sequence[str], top: int, height: int) -> SafeString:
    """The words of the ticks, the highest first, beside a plot that begins `top` pixels down."""
    labels = [(-8, number(top + height * part / Y_TICKS + 4), word) for part, word in enumerate(words)]
    return format_html_join("", '<text x="{}" y="{}" text-anchor="end">{}</text>', labels)


def x_axis(points: Iterable[tuple[str, str]], height: int) -> SafeString:
    """The base line with ticks at (percent of the width, word); a phone leaves out every other one."""
    drawn = [
        (x, height, height + 4, height + 17, "chart-tick-minor" if index % 2 else "", word)
        for index, (x, word) in enumerate(points)
    ]
    labels = format_html_join(
        "",
        '<g class="{4}"><line class="chart-axis" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>'
        '<text x="{0}%" y="{3}" text-anchor="middle">{5}</text></g>',
        drawn,
    )
    return format_html('<line class="chart-axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>{1}', height, labels)


def stretched(height: int, *shapes: SafeString) -> SafeString:
    """Shapes on a width of 1000, stretched to that of the plot."""
    return format_html(
        '<svg width="100%" height="{0}" viewBox="0 0 1000 {0}" preserveAspectRatio="none">{1}</svg>',
        height,
        mark_safe("".join(shapes)),  # noqa: S308 - the shapes come from format_html
    )


def figure(key: str, title: str, words: str, size: tuple[int, int], parts: tuple[SafeString, SafeString]) -> SafeString:
    """A whole chart. `size`: its height and the pixels above the plot; `parts`: the y axis and what is in the plot."""
    height, top = size
    return format_html(
        '<svg class="chart" width="100%" height="{0}" role="img" aria-labelledby="{1}-title {1}-desc">'
        '<title id="{1}-title">{2}</title><desc id="{1}-desc">{3}</desc>{4}'
        '<svg class="chart-plot" y="{5}" width="100%" height="{6}">{7}</svg></svg>',
        height,
        key,
        title,
        words,
        parts[0],
        top,
        height - top - AXIS_HEIGHT,
        parts[1],
    )
