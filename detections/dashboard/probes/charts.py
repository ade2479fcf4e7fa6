"""The charts of a target: latency, and the share of each variant as the split is judged; that of a run's latencies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from detections.dashboard.probes import figures
from detections.dashboard.probes.figures import Latencies, SplitBucket, SplitOf
from detections.dashboard.ranges import Range
from detections.probes.models import ProbeTarget
from detections.probes.program import probe
from opsconsole.lib.charts import histogram, line_chart_svg
from opsconsole.lib.charts.histogram import Histogram, HistogramView
from opsconsole.lib.charts.line_chart import ChartLine, ExpectedLine, LineChart
from opsconsole.lib.charts.line_chart_svg import LineChartView

FEWEST = 50  # answers: the share of fewer says more of chance than of the split
MOST_CHARTS = 6  # variants; those that should not be seen first


class SplitChange(NamedTuple):
    """That runs are pooled anew: the bucket, when the first such run ended, and what is different, in words."""

    bucket: int
    at: datetime
    words: str


@dataclass(frozen=True)
class SplitShown:
    """A chart for each variant. `hours`: over how many the share is pooled; `left_out`: variants without a chart;
    `changes`: when the target became another one, oldest first; `expects`: whether it has expected shares."""

    views: list[LineChartView]
    hours: int
    left_out: int
    changes: list[SplitChange]
    expects: bool
    fewest: int = FEWEST


def latency_chart(target: ProbeTarget, chosen: Range, now: datetime) -> LineChartView | None:
    """None where nothing was measured. One query."""
    start, end = chosen.window(now)
    buckets = figures.by_bucket(target.pk, start, end, chosen.step)
    if all(each.p95 is None for each in buckets):
        return None
    lines = (
        ChartLine("p50", [each.p50 for each in buckets]),
        ChartLine("p95", [each.p95 for each in buckets], dashed=True),
    )
    title = f"Latency of {target.name}"
    return line_chart_svg.view(LineChart(title, start, chosen.step, lines, "ms", key="latency-chart"))


def split_charts(target: ProbeTarget, chosen: Range, now: datetime) -> SplitShown | None:
    """None where the target has no split, or no answer said its variant. One query."""
    if not target.split:
        return None
    hours = int(target.split.get("window_hours", probe.Split._field_defaults["window_hours"]))
    start, end = chosen.window(now)
    pooled = max(round(timedelta(hours=hours) / chosen.step), 1)
    buckets = figures.split_by_bucket(target.pk, start - chosen.step * pooled, end, chosen.step)
    wanted = [wanted_of(each.of.key) for each in buckets]
    shares = pooled_shares(buckets, pooled)
    names = _names(shares, wanted)
    if not names:
        return None
    changes = [each._replace(bucket=each.bucket - pooled) for each in changes_of(buckets) if each.bucket >= pooled]
    breaks = {each.bucket: each.words for each in changes}
    charts = (
        _variant_chart(name, start, chosen.step, shares[pooled:], wanted[pooled:], number)
        for number, name in enumerate(names[:MOST_CHARTS])
    )
    views = [line_chart_svg.view(replace(chart, breaks=breaks)) for chart in charts]
    return SplitShown(views, hours, max(len(names) - MOST_CHARTS, 0), changes, bool(target.split.get("variants")))


def latency_histogram(found: Latencies) -> HistogramView:
    """Of one run."""
    marks = (("p50", found.p50), ("p95", found.p95))
    chart = Histogram(
        "Latency of the answers",
        found.width,
        found.counts,
        "ms",
        "answers",
        marks,
        open_end=found.open_end,
        key="latency-histogram",
    )
    return histogram.view(chart)


Wanted = dict[str, tuple[float, float | None, float | None]]


def wanted_of(key: str) -> Wanted:
    """By variant its share and range in percent, as of a run's split key."""
    variants = json.loads(key)[1] if key else []
    return {name: (_percent(share) or 0.0, _percent(low), _percent(high)) for name, share, low, high in variants}


def pooled_shares(buckets: Sequence[SplitBucket], pooled: int) -> list[dict[str, float]]:
    """By bucket, the share in percent of each variant among the answers of the last `pooled` buckets whose runs had the
    same split and asked the same as its newest run; empty for a bucket without a run, or with too few answers."""
    shares = []
    for index, bucket in enumerate(buckets):
        counts: Counter[str] = Counter()
        if bucket.newest:
            for each in buckets[max(index - pooled + 1, 0) : index + 1]:
                counts.update(each.counts.get(bucket.of, {}))
        total = sum(counts.values())
        shares.append({name: 100 * n / total for name, n in counts.items()} if total >= FEWEST else {})
    return shares


def changes_of(buckets: Sequence[SplitBucket]) -> list[SplitChange]:
    """Where the newest run of a bucket is pooled with others than that of the last one that had any."""
    found, before = [], SplitOf()
    for index, bucket in enumerate(buckets):
        if bucket.newest is None:
            continue
        if before.asked and bucket.of != before:
            asks, expects = bucket.of.asked != before.asked, bucket.of.key != before.key
            other = " and ".join(["another address is asked"] * asks + ["the split is another one"] * expects)
            found.append(SplitChange(index, bucket.first[bucket.of], other))
        before = bucket.of
    return found


def _names(shares: Sequence[dict[str, float]], wanted: Sequence[Wanted]) -> list[str]:
    """Variants that were seen or expected: those that should not be seen, then by their share as it should be."""
    newest = next((each for each in reversed(wanted) if each), {})
    seen = {name for each in shares for name in each}
    if not seen:
        return []
    share = {name: newest.get(name, (0.0,))[0] for name in {*seen, *newest}}
    return sorted(share, key=lambda name: (share[name] > 0, share[name], name))


def _variant_chart(
    name: str,
    start: datetime,
    step: timedelta,
    shares: Sequence[dict[str, float]],
    wanted: Sequence[Wanted],
    number: int,
) -> LineChart:
    values = [each.get(name, 0.0) if each else None for each in shares]
    known = _carried(wanted)
    if any(name in each for each in known):
        rows = [each.get(name, (0.0, None, None)) if each else (None, None, None) for each in known]
        expected = ExpectedLine([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    else:  # not among the expected ones: none of it should be seen, where anything is expected
        expected = ExpectedLine([0.0 if each else None for each in known], [None] * len(known), [None] * len(known))
    return LineChart(
        f"Share of {name}",
        start,
        step,
        (ChartLine("share", values),),
        "%",
        expected if any(known) else None,
        from_zero=False,
        height=150,
        key=f"split-chart-{number}",
    )


def _carried(wanted: Sequence[Wanted]) -> list[Wanted]:
    """What was expected goes on where no run said otherwise."""
    found: list[Wanted] = []
    for each in wanted:
        found.append(each or (found[-1] if found else {}))
    return found


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
