"""Runs of probes that nobody takes: without a prober a rollout is watched by nothing, and its gate closes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from detections.probes.models import ProbeRun

# A prober looks each second; it takes longer where as many targets are being probed as it has room for.
WAITS = timedelta(minutes=2)


def waiting_run(now: datetime) -> str:
    """How long the oldest run has waited that should have begun; empty where none has. One query.

    A run that waits in vain ends after a while, and another is queued: that one is overdue from its start, else the
    alert would end and fire again with each."""
    earlier = ProbeRun.objects.filter(target=OuterRef("target"), pk__lt=OuterRef("pk")).order_by("-pk")
    in_vain = earlier.values(vain=Q(state=ProbeRun.State.INTERRUPTED, started_at__isnull=True))[:1]
    queued = ProbeRun.objects.filter(state=ProbeRun.State.QUEUED).annotate(after_vain=Subquery(in_vain))
    waiting = queued.filter(Q(queued_at__lt=now - WAITS) | Q(after_vain=True))
    oldest = waiting.select_related("target").order_by("queued_at").first()
    if oldest is None:
        return ""
    seconds = round((now - oldest.queued_at).total_seconds())
    again = ", as the one before it did in vain" if oldest.after_vain else ""
    return f"a run of the probe {oldest.target.name} has waited {seconds} s for a prober{again}"
