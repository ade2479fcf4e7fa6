"""Counts of runs that are done, added up in the database: by hour for the list, by bucket for a target's charts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import floor
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DateTimeField,
    DurationField,
    F,
    FloatField,
    Func,
    Max,
    Q,
    QuerySet,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from detections.probes.models import ProbeRun, ProbeSample
from detections.probes.program import probe
from opsconsole.lib.charts.histogram import width_for

HOURS = 24
HOUR = timedelta(hours=1)


class Percentile(Aggregate):
    """PostgreSQL's percentile_disc: the value that so large a share of the others does not exceed."""

    function = "percentile_disc"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, name: str, share: float, **extra: Any) -> None:
        super().__init__(F(name), share=share, output_field=FloatField(), **extra)


@dataclass(frozen=True)
class RunBucket:
    """Runs that ended in an interval: all, those with a high check, those with at most a warn check, latency in ms."""

    runs: int = 0
    high: int = 0
    warn: int = 0
    p50: float | None = None
    p95: float | None = None


class SplitOf(NamedTuple):
    """What runs that are pooled have in common: their split's key, and what they asked (method, base, endpoint)."""

    key: str = ""
    asked: str = ""


@dataclass
class SplitBucket:
    """Answers that ended in an interval, by what is pooled and variant; `of`: that of its newest run; `first`: by what
    is pooled, when the first such run ended."""

    counts: dict[SplitOf, dict[str, int]] = field(default_factory=dict)
    of: SplitOf = field(default_factory=SplitOf)
    newest: datetime | None = None
    first: dict[SplitOf, datetime] = field(default_factory=dict)


def by_hour(targets: Collection[int], now: datetime) -> dict[int, list[RunBucket]]:
    """By target, the last 24 hours, of which the last one ends now. One query."""
    start = now - HOURS * HOUR
    end = now + timedelta(seconds=1)  # a run that ends in this very moment is one of them
    runs_then = _done(start, end).filter(target__in=targets).annotate(bucket=_bin(start, HOUR))
    found = {pk: [RunBucket()] * HOURS for pk in targets}
    rows = runs_then.values_list("target", "bucket").annotate(**_counts()).order_by()
    for pk, bucket, runs, high, warn in rows:
        found[pk][_index(bucket, start, HOUR, HOURS)] = RunBucket(runs, high, warn)
    return found


def by_bucket(target: int, start: datetime, end: datetime, step: timedelta) -> list[RunBucket]:
    """Runs in buckets from `start`, with the median of their medians, and the highest 95th percentile. One query."""
    size = (end - start) // step
    found = [RunBucket()] * size
    runs_then = _done(start, end).filter(target=target).annotate(bucket=_bin(start, step)).values_list("bucket")
    for bucket, *figures in runs_then.annotate(
        **_counts(), p50=Percentile("p50_ms", 0.5), p95=Max("p95_ms")
    ).order_by():
        found[_index(bucket, start, step, size)] = RunBucket(*figures)
    return found


def split_by_bucket(target: int, start: datetime, end: datetime, step: timedelta) -> list[SplitBucket]:
    """Answers by variant in buckets from `start`. One query."""
    size = (end - start) // step
    found = [SplitBucket() for _ in range(size)]
    with connection.cursor() as cursor:
        cursor.execute(_SPLIT, (step.total_seconds(), start, target, start, end))
        rows = cursor.fetchall()
    for at, key, asked, variant, count, first, newest in rows:
        bucket, of = found[_index(at, start, step, size)], SplitOf(key, asked)
        bucket.counts.setdefault(of, {})[variant] = int(count)
        bucket.first[of] = min(bucket.first.get(of, first), first)
        if bucket.newest is None or newest > bucket.newest:
            bucket.of, bucket.newest = of, newest
    return found


def totals(buckets: Sequence[RunBucket]) -> RunBucket:
    """Runs of all of them."""
    return RunBucket(sum(each.runs for each in buckets), sum(each.high for each in buckets))


@dataclass(frozen=True)
class Latencies:
    """The latencies of a run's answers, in ms: percentiles, and how many fall into intervals of `width`."""

    p50: float
    p95: float
    most: float
    width: float
    counts: list[int]
    open_end: bool


def latencies(run: ProbeRun) -> Latencies | None:
    """Of the answers that could be judged, as they are counted for the report; None without one. Two queries."""
    in_ms = Cast(KeyTextTransform("latency_ms", "row"), FloatField())
    rows = ProbeSample.objects.filter(run=run, row__outcome=probe.OK).annotate(ms=in_ms)
    found = rows.aggregate(p50=Percentile("ms", 0.5), p95=Percentile("ms", 0.95), most=Max("ms"))
    if found["most"] is None:
        return None
    width, bins, open_end = width_for(found["p95"], found["most"])
    counts = [0] * bins
    counted = rows.annotate(bin=Func(F("ms") / width, function="FLOOR", output_field=FloatField()))
    for index, count in counted.values_list("bin").annotate(n=Count("pk")).order_by():
        counts[min(floor(index), bins - 1)] += count
    return Latencies(**found, width=width, counts=counts, open_end=open_end)


_SPLIT = """
    SELECT date_bin(make_interval(secs => %s), run.finished_at, %s),
           run.split_key, asked.words, each.key, sum(each.value::bigint), min(run.finished_at), max(run.finished_at)
    FROM detections_proberun run, jsonb_each_text(run.variants) each,
         LATERAL (SELECT concat_ws(' ', run.report #>> '{config,method}', run.report #>> '{config,base}',
                                   run.report #>> '{config,endpoint}') AS words) asked
    WHERE run.target_id = %s AND run.state = 'done' AND run.finished_at >= %s AND run.finished_at < %s
    GROUP BY 1, 2, 3, 4
"""


def _done(start: datetime, end: datetime) -> QuerySet[ProbeRun]:
    return ProbeRun.objects.filter(state=ProbeRun.State.DONE, finished_at__gte=start, finished_at__lt=end)


def _bin(start: datetime, step: timedelta) -> Func:
    stride, origin = Value(step, output_field=DurationField()), Value(start, output_field=DateTimeField())
    return Func(stride, F("finished_at"), origin, function="date_bin", output_field=DateTimeField())


def _counts() -> dict[str, Count]:
    high, warn = Q(severity=probe.HIGH), Q(severity=probe.WARN)
    return {"runs": Count("pk"), "high": Count("pk", filter=high), "warn": Count("pk", filter=warn)}


def _index(bucket: datetime, start: datetime, step: timedelta, size: int) -> int:
    return min((bucket - start) // step, size - 1)
