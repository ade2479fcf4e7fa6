"""Small charts as SVG (pure): sparkline, progress ring, bar.

Colours come from CSS classes, so that dark mode works; the Content-Security-Policy forbids style attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import pi

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib.text.humanize import compact

RING_RADIUS = 19.0
BAR_WIDTH = 100.0
PEAK_ROOM = 32  # pixels beside a sparkline for its highest count
SPARK_SCALE = 5  # the least count that is full height, so that a single error does not look like an outage


def sparkline(
    values: Sequence[int | None], *, label: str, hot_from: int | None = None, width: int = 120, height: int = 24
) -> SafeString:
    """Counts as thin bars, oldest first; None is a gap (no data). Bars from index `hot_from` on are highlighted.

    `label` describes the values ("errors per minute, last hour"); sum and peak are appended to it. Sizes are in pixels;
    `width` is that of the bars, beside which the peak stands."""
    known = [value for value in values if value is not None]
    peak = max(known, default=0)
    scale = max(peak, SPARK_SCALE)
    title = f"{label}: {sum(known)} in total, at most {peak}" if known else f"{label}: no data"
    step = width / max(len(values), 1)
    bars = shapes(
        f'<rect class="{css}" x="{x}" y="{y}" width="{wide}" height="{tall}"/>'
        for index, value in enumerate(values)
        if value
        for x, y, wide, tall in (_spark_box(index, value, scale, step, height),)
        for css in ("spark-over" if hot_from is not None and index >= hot_from else "spark-bar",)
    )
    return format_html(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<title>{2}</title><line class="spark-base" x1="0" x2="{3}" y1="{4}" y2="{4}"/>{5}{6}</svg>',
        width + PEAK_ROOM,
        height,
        title,
        width,
        height - 0.5,
        bars,
        _spark_peak(peak, scale, width, height),
    )


def _spark_peak(peak: int, scale: int, width: int, height: int) -> SafeString:
    """A line at the height of the highest bar, and its count beside it."""
    if not peak:
        return mark_safe("")
    y = height - 1 - max(2.0, (height - 2) * peak / scale)
    return format_html(
        '<line class="spark-peak" x1="0" x2="{0}" y1="{1}" y2="{1}"/><text x="{2}" y="{3}">{4}</text>',
        width,
        number(y),
        width + 4,
        number(max(y + 3.5, 8)),
        compact(peak),
    )


def _spark_box(index: int, value: int, scale: int, step: float, height: int) -> tuple[str, str, str, str]:
    """x, y, width and height in pixels. A bar is at least 2 px high, so that a single error is visible."""
    tall = max(2.0, (height - 2) * value / scale)
    wide = max(1.0, step - 0.5)
    return (number(index * step), number(height - 1 - tall), number(wide), number(tall))


def ring(done: int, total: int, *, label: str = "") -> SafeString:
    """`done` of `total` as a ring with the percentage inside; the ring is empty for a total of 0.

    The percentage is rounded down. It is 100 only if everything is done and 0 only if nothing is.
    """
    share = min(max(done / total, 0.0), 1.0) if total else 0.0
    percent = 100 if share == 1 else min(99, max(1 if done else 0, int(share * 100)))
    circumference = 2 * pi * RING_RADIUS
    description = f"{label + ': ' if label else ''}{done} of {total}"
    arc = format_html(
        '<circle class="ring-value" cx="24" cy="24" r="{}" stroke-width="4" stroke-dasharray="{} {}" '
        'transform="rotate(-90 24 24)"/>',
        number(RING_RADIUS),
        number(circumference * share),
        number(circumference),
    )
    return format_html(
        '<svg class="ring{}" width="48" height="48" viewBox="0 0 48 48" role="img" aria-label="{}">'
        '<circle class="ring-track" cx="24" cy="24" r="{}" stroke-width="4"/>{}<text x="24" y="28">{}%</text></svg>',
        " ring-done" if share == 1 else "",
        description,
        number(RING_RADIUS),
        arc if share else "",
        percent,
    )


def bar(value: float, maximum: float, *, label: str = "", tone: str = "", width: int = 120) -> SafeString:
    """`value` in `maximum` as a horizontal bar, 6 px high. Any value above 0 is visible."""
    share = min(max(value / maximum, 0.0), 1.0) if maximum else 0.0
    filled = max(2.0, share * BAR_WIDTH) if share else 0.0
    description = f"{label + ': ' if label else ''}{value:g} of {maximum:g}"
    return format_html(
        '<svg class="bar{}" width="{}" height="6" viewBox="0 0 {} 6" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="bar-track" width="{}" height="6" rx="3"/>'
        '<rect class="bar-value" width="{}" height="6" rx="3"/></svg>',
        f" tone-{tone}" if tone else "",
        width,
        number(BAR_WIDTH),
        description,
        number(BAR_WIDTH),
        number(filled),
    )


def shapes(drawn: Iterable[str]) -> SafeString:
    """Shapes as they are, of numbers, class names of ours and escaped text: escaping each number would take most of a
    drawing's time."""
    return mark_safe("".join(drawn))  # noqa: S308 - nothing in them comes from outside


def number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
