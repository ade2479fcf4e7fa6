"""Queues the runs that are due, and ends those that nobody works on any more. Beat may run twice, on two machines: the
constraints of the table decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Subquery

from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.start import slot_of, start_slot

# A prober says each few seconds that it lives; a statement of its own ends after twenty.
SILENCE = timedelta(seconds=60)
LOST = (
    "Its prober gave no sign of life for a minute: it was killed, or it could not reach the database. "
    "The samples that it took are kept."
)
# Within which a queued run is to be taken: then its numbers would be those of another slot.
WAITING_INTERVALS = 3
WAITING_MOST = timedelta(hours=1)


def queue_due(now: datetime) -> list[ProbeRun]:
    """The runs that were queued: of each enabled target whose interval has none yet and that has none under way. One
    query where nothing is due, whatever the number of targets."""
    under_way = ProbeRun.objects.filter(target=OuterRef("pk"), state__in=ProbeRun.OPEN)
    free = ProbeTarget.objects.filter(~Exists(under_way), enabled=True)
    slots = ProbeRun.objects.filter(target=OuterRef("pk"), slot__isnull=False).order_by("-slot").values("slot")
    targets = free.annotate(last_slot=Subquery(slots[:1])).only("pk", "name", "interval_minutes", "samples")
    due = [each for each in targets if each.last_slot is None or each.last_slot < slot_of(each, now)]
    return [run for target in due if (run := start_slot(target, now))]


def interrupt_lost(now: datetime) -> int:
    """Ends runs whose prober is silent, and queued ones that none takes; returns how many. Two queries."""
    silent = ProbeRun.objects.filter(state=ProbeRun.State.RUNNING, heartbeat_at__lt=now - SILENCE)
    ended = silent.update(state=ProbeRun.State.INTERRUPTED, problem=LOST, finished_at=now)
    for pk, problem in _untaken(now):
        waits = ProbeRun.objects.filter(pk=pk, state=ProbeRun.State.QUEUED)
        ended += waits.update(state=ProbeRun.State.INTERRUPTED, problem=problem, finished_at=now)
    return ended


def _untaken(now: datetime) -> Iterator[tuple[int, str]]:
    shortest = timedelta(minutes=WAITING_INTERVALS)
    waiting = ProbeRun.objects.filter(state=ProbeRun.State.QUEUED, queued_at__lt=now - shortest)
    for pk, queued, interval in waiting.values_list("pk", "queued_at", "target__interval_minutes"):
        within = min(shortest * interval, WAITING_MOST)
        if queued < now - within:
            minutes = int(within.total_seconds()) // 60
            yield (
                pk,
                f"No prober took it within {minutes} minutes. Is one running (bin/run has one, else manage.py probes), "
                "and is one enough for all targets?",
            )
