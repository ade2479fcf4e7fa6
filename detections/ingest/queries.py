"""How far digest is behind, and what waits in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.ingest.models import Inbox, Quarantined


@dataclass(frozen=True)
class Backlog:
    """Accepted requests that are not digested yet, how long the oldest waits, and how many are set aside."""

    depth: int
    oldest_age: timedelta
    quarantined: int


def backlog(now: datetime) -> Backlog:
    """The backlog as of `now`; an empty inbox has age zero."""
    oldest = oldest_undigested()
    return Backlog(
        depth=Inbox.objects.count(),
        oldest_age=max(now - oldest, timedelta()) if oldest else timedelta(),
        quarantined=Quarantined.objects.filter(resolved_at__isnull=True).count(),
    )


def oldest_undigested() -> datetime | None:
    """When the oldest request in the inbox was received: counts before it are complete. None: all are."""
    return Inbox.objects.order_by("pk").values_list("received_at", flat=True).first()
