"""What was judged and is too old to keep. Evidence stays while an alert points at it, with its first evaluation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from detections.rules.models import Baseline, BaselineCell, Evaluation, Evidence, Slot
from detections.telemetry.retention import Keep, RetentionStep, steps_for


def plan(now: datetime, keep: Keep, in_use: list[QuerySet[Any]]) -> list[RetentionStep]:
    """What is too old as of `now`, with its numbers (see `old_rows`); nothing is changed before the steps are run."""
    return steps_for(old_rows(now, keep, in_use))


def old_rows(now: datetime, keep: Keep, in_use: list[QuerySet[Any]]) -> list[tuple[str, QuerySet[Model]]]:
    """Queries of what is too old, by name; `in_use` are queries of the ids of evidence that others point at.

    Of such evidence the first evaluation stays, which is what the alert began or rose with: a finding that is open for
    months is judged each minute on one row of evidence, and the other minutes say nothing more.
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
    return [
        ("evaluations", Evaluation.objects.filter(~(shown & _is_first()), slot_end__lt=before).order_by("pk")),
        ("evidence that no alert shows", unused.order_by("pk")),
        ("baselines", Baseline.objects.filter(hour__lt=before).order_by("pk")),
        ("slots", Slot.objects.filter(slot_end__lt=before).order_by("pk")),
        ("hours of baselines", BaselineCell.objects.filter(hour__lt=minutes).order_by("pk")),
    ]


def _is_first() -> Q:
    """Whether no earlier evaluation stands on the same evidence."""
    return ~Q(Exists(Evaluation.objects.filter(evidence=OuterRef("evidence"), pk__lt=OuterRef("pk"))))
