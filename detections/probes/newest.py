"""The newest row of each target, looked up by an index: what it costs does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import OuterRef, QuerySet, Subquery

from detections.probes.models import ProbeFreeze, ProbeRun, ProbeTarget

RowT = TypeVar("RowT", ProbeRun, ProbeFreeze)
LONG = ("report", "markdown")  # tens of kilobytes a run


def newest_of_each(rows: QuerySet[RowT], targets: Iterable[ProbeTarget], order: str = "-pk") -> QuerySet[RowT]:
    """The first row of each target in this order. Targets without a row have none."""
    first = rows.filter(target=OuterRef("pk")).order_by(order).values("pk")[:1]
    of = ProbeTarget.objects.filter(pk__in=[target.pk for target in targets]).order_by()
    return rows.filter(pk__in=of.values_list(Subquery(first))).order_by()


def newest_runs(targets: Iterable[ProbeTarget]) -> dict[int, ProbeRun]:
    """By the target's id its newest run, whatever its state, without the reports. One query."""
    return {run.target_id: run for run in newest_of_each(ProbeRun.objects.defer(*LONG), targets)}
