"""Where the labels of limits stand (pure): beside the plot what holds at its end, within it what held before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from opsconsole.lib.charts.time_chart import Limit, TimeChart

LABEL_HEIGHT = 13  # pixels between the labels of two limits
# Of the width; a label within the plot needs it. What holds shorter is in the tooltips and the table.
LABEL_SHARE = 0.09


@dataclass(frozen=True)
class LimitRun:
    """Buckets [first, end) in which a limit has one value."""

    limit: Limit
    value: int
    first: int
    end: int


@dataclass(frozen=True)
class Label:
    """A limit's label: where its run begins, as a share of the width (1: beside the plot), and at which height."""

    run: LimitRun
    x: float
    y: float


def runs(limit: Limit) -> list[LimitRun]:
    """The spans in which the limit has one value, oldest first."""
    found: list[LimitRun] = []
    for value, indexes in groupby(range(len(limit.values)), key=lambda index: limit.values[index]):
        if value is not None:
            spanned = list(indexes)
            found.append(LimitRun(limit, value, spanned[0], spanned[-1] + 1))
    return found


def labels(chart: TimeChart, top: int, height: Callable[[float], float]) -> list[Label]:
    """The labels of all limits up to `top`, each moved up where it would lie on another; `height` gives the y of a
    count."""
    size = max(len(chart.counts), 1)
    shown = [run for limit in chart.limits for run in runs(limit) if run.value <= top]
    at_the_end = sorted((run for run in shown if run.end == size), key=lambda run: run.value)
    before = [run for run in shown if run.end < size and (run.end - run.first) / size >= LABEL_SHARE]
    placed: list[Label] = []
    for run in at_the_end:
        placed.append(Label(run, 1.0, _free(height(run.value) + 4, [label.y for label in placed])))
    for run in sorted(before, key=lambda run: (run.value, run.first)):
        x = run.first / size
        near = [label.y for label in placed if label.x < 1 and abs(label.x - x) < LABEL_SHARE]
        placed.append(Label(run, x, _free(height(run.value) - 3, near)))
    return placed


def _free(y: float, taken: Sequence[float]) -> float:
    """`y`, or the next height above the labels that it would lie on."""
    for other in sorted(taken, reverse=True):
        if abs(other - y) < LABEL_HEIGHT:
            y = other - LABEL_HEIGHT
    return y
