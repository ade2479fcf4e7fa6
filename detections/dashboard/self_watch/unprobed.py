"""Runs of probes that nobody takes: without a prober a rollout is watched by nothing, and its gate closes."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.probes.models import ProbeRun

# A prober looks each second; it takes longer where as many targets are being probed as it has room for.
WAITS = timedelta(minutes=2)


def waiting_run(now: datetime) -> str:
    """How long the oldest run has waited that should have begun; empty where none has. One query."""
    waiting = ProbeRun.objects.filter(state=ProbeRun.State.QUEUED, queued_at__lt=now - WAITS)
    oldest = waiting.select_related("target").order_by("queued_at").first()
    if oldest is None:
        return ""
    seconds = round((now - oldest.queued_at).total_seconds())
    return f"a run of the probe {oldest.target.name} has waited {seconds} s for a prober"
