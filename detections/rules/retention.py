"""What was judged and is too old to keep. Evidence stays as long as an alert points at it, with its evaluation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from detections.rules.models import Baseline, BaselineCell, Evaluation, Evidence, Slot
from detections.telemetry.retention import Keep, Step, steps_for


def plan(now: datetime, keep: Keep, in_use: list[QuerySet[Any]]) -> list[Step]:
    """Rows too old as of `now`; `in_use` are queries of the ids of evidence that others point at.

    Evaluations (with their verdicts), evidence, baselines and slots go with the events that they were made from: pages
    show them side by side. Cells go with the minutes: a baseline looks back a week, a backtest 30 days.
    """
    before, minutes = now - timedelta(days=keep.events), now - timedelta(days=keep.minutes)
    shown = Q()
    for ids in in_use:
        shown |= Q(evidence__in=ids)
    needed = Evaluation.objects.filter(evidence=OuterRef("pk"), slot_end__gte=before)
    unused = Evidence.objects.filter(~Exists(needed), slot_end__lt=before)
    for ids in in_use:
        unused = unused.exclude(pk__in=ids)
    old: list[tuple[str, QuerySet[Model]]] = [
        ("evaluations", Evaluation.objects.filter(~shown, slot_end__lt=before).order_by("pk")),
        ("evidence that no alert shows", unused.order_by("pk")),
        ("baselines", Baseline.objects.filter(hour__lt=before).order_by("pk")),
        ("slots", Slot.objects.filter(slot_end__lt=before).order_by("pk")),
        ("hours of baselines", BaselineCell.objects.filter(hour__lt=minutes).order_by("pk")),
    ]
    return steps_for(old)
