"""Retention of evaluations, evidence and baselines. Evidence of alerts is kept, with its first evaluation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from detections.rules.models import Baseline, BaselineCell, Evaluation, Evidence, Slot
from detections.telemetry.retention import RetentionDays, RetentionStep, steps_for


def plan(now: datetime, keep: RetentionDays, in_use: list[QuerySet[Any]]) -> list[RetentionStep]:
    """The deletions due at `now` with their row counts (see `old_rows`). Nothing changes before they are run."""
    return steps_for(old_rows(now, keep, in_use))


def old_rows(now: datetime, keep: RetentionDays, in_use: list[QuerySet[Any]]) -> list[tuple[str, QuerySet[Model]]]:
    """(name, query) of old rows; `in_use` are queries of the ids of evidence that alerts refer to.

    Of evidence in use the first evaluation is kept, with which the alert opened or its severity rose: a finding that is
    open for months is judged every minute on one row of evidence. Evaluations (with verdicts), evidence, baselines and
    slots are kept as long as events, with which pages show them; cells as long as minute counts: a baseline needs a
    week, a backtest 30 days.
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
    """Whether no earlier evaluation has the same evidence."""
    return ~Q(Exists(Evaluation.objects.filter(evidence=OuterRef("evidence"), pk__lt=OuterRef("pk"))))
