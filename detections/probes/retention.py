"""Runs are kept as long as events, with their samples, checks and reports; of a target the newest done one stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from detections.probes.models import ProbeRun, ProbeSample
from detections.telemetry.retention import RetentionDays


def old_rows(now: datetime, keep: RetentionDays) -> list[tuple[str, QuerySet[Model]]]:
    """(name, query) of old rows, in order. Samples go first, in slices of their own: a run may have 10,000."""
    done = ProbeRun.State.DONE
    later = ProbeRun.objects.filter(target=OuterRef("target"), state=done, finished_at__gt=OuterRef("finished_at"))
    ended = ProbeRun.objects.exclude(state__in=ProbeRun.OPEN)
    old = ended.filter(~Q(state=done) | Exists(later), queued_at__lt=now - timedelta(days=keep.events))
    samples = ProbeSample.objects.filter(run__in=old.values("pk"))
    return [("samples of old probe runs", samples.order_by("pk")), ("probe runs", old.order_by("pk"))]
