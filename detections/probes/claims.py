"""Which process works on a run: it is claimed with SKIP LOCKED, and each write names the claim."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from detections.probes.models import ProbeRun, ProbeSample


@transaction.atomic
def claim(now: datetime, runs: int, connections: int) -> list[ProbeRun]:
    """Starts queued runs, the oldest first: at most `runs`, whose samples under way are at most `connections`. One that
    needs more than are free waits, and so do those behind it, since else it might wait for ever."""
    queued = ProbeRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=ProbeRun.State.QUEUED)
    claimed = []
    for run in queued.select_related("target").order_by("pk")[:runs]:
        connections -= run.target.concurrency
        if connections < 0:
            break
        run.state, run.claim = ProbeRun.State.RUNNING, uuid4()
        run.started_at = run.heartbeat_at = now
        run.save(update_fields=["state", "claim", "started_at", "heartbeat_at"])
        claimed.append(run)
    return claimed


@transaction.atomic
def add_samples(run: ProbeRun, claim: UUID, rows: Sequence[dict[str, Any]], taken: int, now: datetime) -> bool:
    """Stores rows, and says that the process lives. False where the run is no longer its own: then nothing was written.

    It may be done twice, where the answer to the commit was lost: a row is stored once, and `taken` is the sum."""
    ours = ProbeRun.objects.filter(pk=run.pk, claim=claim, state=ProbeRun.State.RUNNING)
    if not ours.update(taken=taken, heartbeat_at=now):
        return False
    samples = [ProbeSample(run_id=run.pk, number=row["sample"], row=row) for row in rows]
    ProbeSample.objects.bulk_create(samples, ignore_conflicts=True)
    return True
