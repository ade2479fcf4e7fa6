"""Console health: what waits in each stage, for how long, and the limits beyond which that is too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from detections.alerts.delivery import outbox
from detections.ingest.models import Inbox
from detections.rules.evaluation import scheduler
from detections.rules.models import Slot, Verdict
from opsconsole.lib.clock import MINUTE

# Seconds. Each is well above the ages under normal load (2 s to the dashboard, 5 s to a verdict, 5 s between polls)
# and below the delay that somebody on call would accept.
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "oldest_undigested_age": 60.0,
        "slot_lag": 180.0,
        "slots_ahead": 60.0,
        "oldest_unapplied_age": 60.0,
        "oldest_unsent_age": 120.0,
    }
)
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "oldest_undigested_age": "an accepted event has waited {} s for its digest",
        "slot_lag": "the rules are {} s behind",
        "slots_ahead": "the clock was set back: minutes up to {} s ahead of it were judged, and are judged anew",
        "oldest_unapplied_age": "a verdict has waited {} s to be applied to alerts",
        "oldest_unsent_age": "a message has waited {} s to be sent",
    }
)


@dataclass(frozen=True)
class ConsoleHealth:
    """Ages in seconds, 0 where nothing waits. `slot_lag` is the time since the next slot was due; `slots_ahead` is how
    far the newest slot lies in the future, which the next tick corrects."""

    inbox_depth: int
    oldest_undigested_age: float
    slot_lag: float
    slots_ahead: float
    oldest_unapplied_age: float
    oldest_unsent_age: float

    def reasons(self) -> list[str]:
        """A sentence for each age beyond its limit."""
        return [
            MESSAGES[name].format(round(getattr(self, name)))
            for name, limit in LIMITS.items()
            if getattr(self, name) > limit
        ]


def measure(now: datetime) -> ConsoleHealth:
    """The ages as of `now`. Six queries, each by an index or over waiting rows only."""
    received = Inbox.objects.order_by("id").values_list("received_at", flat=True)
    verdict = Verdict.objects.filter(consumed_at__isnull=True).order_by("id").values_list("created_at", flat=True)
    return ConsoleHealth(
        inbox_depth=Inbox.objects.count(),
        oldest_undigested_age=_age(received.first(), now),
        slot_lag=_age(_next_due(now), now),
        slots_ahead=-min(0.0, (now - newest).total_seconds()) if (newest := _newest_ahead(now)) else 0.0,
        oldest_unapplied_age=_age(verdict.first(), now),
        oldest_unsent_age=_age(outbox.oldest_due(now), now),
    )


def _newest_ahead(now: datetime) -> datetime | None:
    return scheduler.ahead(now).order_by("-slot_end").values_list("slot_end", flat=True).first()


def _next_due(now: datetime) -> datetime | None:
    """When the next slot is due: the oldest unjudged one, else the one after the newest; None before the first tick."""
    known = (
        Slot.objects.filter(slot_end__lte=now + scheduler.SKEW).order_by("slot_end").values_list("slot_end", flat=True)
    )
    waiting = known.filter(status=Slot.Status.DUE).first()
    newest = known.last()
    following = waiting or (newest + MINUTE if newest else None)
    return following + scheduler.LATENESS if following else None


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
