"""The legend of a time chart (pure): a line for each colour that is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsconsole.lib.charts.time_chart import ChartRow, Limit, TimeChart

_MARKS = {"ok": "alert ended", "accent": "deploy"}


@dataclass(frozen=True)
class LegendLine:
    """A colour in the legend. `kind` is what has it: `limit`, `over` (bars that reach it), `mark`, `partial`."""

    label: str
    tone: str
    words: str
    kind: str = "limit"


def limit_lines(chart: TimeChart, top: int) -> list[LegendLine]:
    """One for each limit; `words` also says how it changed, and if it is above the top of the drawing."""
    return [LegendLine(limit.label, limit.tone, _words(limit, top)) for limit in chart.limits]


def other_lines(chart: TimeChart, rows: Sequence[ChartRow]) -> list[LegendLine]:
    """Those of the bars that reach limits, of marks, and of the bucket that is not over."""
    return [*_over(chart, rows), *_marks(chart), *_partial(chart)]


def _words(limit: Limit, top: int) -> str:
    now, known = limit.now, [value for value in limit.values if value is not None]
    if now is None:
        return f"{limit.label}: not known yet"
    above = " (above the chart)" if now > top else ""
    changed = f", {min(known):,} to {max(known):,} in this time" if min(known) != max(known) else ""
    return f"{limit.label} at {now:,}{above}{changed}"


def _over(chart: TimeChart, rows: Sequence[ChartRow]) -> Iterator[LegendLine]:
    tones = {row.tone for row in rows}
    for limit in chart.limits:
        if limit.tone in tones:
            yield LegendLine(limit.label, limit.tone, f"reaches {limit.label}", "over")


def _marks(chart: TimeChart) -> Iterator[LegendLine]:
    shown = (
        (mark.tone, mark.legend or _MARKS.get(mark.tone, f"{mark.tone} alert opened")) for mark in chart.shown_marks
    )
    for tone, words in dict.fromkeys(shown):
        yield LegendLine(words, tone, words, "mark")


def _partial(chart: TimeChart) -> Iterator[LegendLine]:
    if chart.partial_last and chart.counts and chart.counts[-1]:
        yield LegendLine("not over", "", "still running", "partial")
