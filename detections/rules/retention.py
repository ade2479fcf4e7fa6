"""Retention of evaluations, evidence and baselines. Evidence of alerts is kept, with its first evaluation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from detections.rules.models import Baseline, BaselineCell, Evaluation, Evidence, Scope, Slot
from detections.telemetry.retention import RetentionDays, RetentionStep, steps_for
from opsconsole.lib.db.unreferenced import unreferenced


def plan(now: datetime, keep: RetentionDays, in_use: list[QuerySet[Any]]) -> list[RetentionStep]:
    """The deletions due at `now` with their row counts (see `old_rows`). Nothing changes before they are run."""
    return steps_for(old_rows(now, keep, in_use))


def old_rows(now: datetime, keep: RetentionDays, in_use: list[QuerySet[Any]]) -> list[tuple[str, QuerySet[Model]]]:
    """(name, query) of old rows; `in_use` are queries of the ids of evidence that alerts refer to.

    Of evidence in use the first evaluation is kept, with which the alert opened or its severity rose: a finding that is
    open for months is judged every minute on one row of evidence. Evaluations (with verdicts), evidence, baselines and
    slots are kept as long as events, with which pages show them; cells as long as minute counts: a baseline needs a
    week, a backtest 30 days. Scopes go with their estimates when nothing that they counted or did is kept.
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
        # Before the scopes: two thousand rows each, which a slice of scopes would delete at once.
        (
            "baselines of scopes without counts",
            Baseline.objects.filter(scope__in=_idle_scopes(before)).order_by("scope_id"),
        ),
        ("scopes without counts", _idle_scopes(before).order_by("pk")),
    ]


def _idle_scopes(before: datetime) -> QuerySet[Scope]:
    """Scopes of before that have no hour with events, no evaluation, evidence, alert or suppression: one that counts
    again is made again. Their baselines, which are estimated each hour for quiet scopes too, keep none."""
    settled = Q(settling_until__isnull=True) | Q(settling_until__lt=before)
    return unreferenced(Scope.objects.filter(settled, created_at__lt=before), besides=[Baseline])


def _is_first() -> Q:
    """Whether no earlier evaluation has the same evidence."""
    return ~Q(Exists(Evaluation.objects.filter(evidence=OuterRef("evidence"), pk__lt=OuterRef("pk"))))
