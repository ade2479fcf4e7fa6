"""Console health: what waits in each stage, for how long, and the limits beyond which that is too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import connection

from detections.alerts.delivery import outbox
from detections.rules.evaluation import scheduler
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
# One statement, because every open page asks for it every few seconds. Slots that are `ahead` only a clock that was set
# ahead can have made, as `scheduler.ahead`; the next slot is due after the oldest unjudged one, else the newest.
WAITING = """
SELECT
    (SELECT count(*) FROM detections_inbox),
    (SELECT received_at FROM detections_inbox ORDER BY id LIMIT 1),
    (SELECT min(slot_end) FROM detections_slot WHERE status = 'due' AND slot_end <= %(newest)s),
    (SELECT max(slot_end) FROM detections_slot WHERE slot_end <= %(newest)s),
    (SELECT max(slot_end) FROM detections_slot WHERE slot_end > %(newest)s),
    (SELECT created_at FROM detections_verdict WHERE consumed_at IS NULL ORDER BY id LIMIT 1),
    (SELECT next_attempt_at FROM detections_delivery message
        WHERE status = ANY(%(unfinished)s) AND next_attempt_at <= %(now)s
        AND (lease_until IS NULL OR lease_until <= %(now)s)
        AND NOT EXISTS (SELECT FROM detections_delivery earlier WHERE earlier.group_id = message.group_id
            AND earlier.target_id = message.target_id AND earlier.sequence < message.sequence
            AND earlier.status = ANY(%(unfinished)s))
        AND NOT EXISTS (SELECT FROM detections_delivery earlier WHERE earlier.incident_id = message.incident_id
            AND earlier.target_id = message.target_id AND earlier.sequence < message.sequence
            AND earlier.status = ANY(%(unfinished)s))
        ORDER BY next_attempt_at LIMIT 1),
    (SELECT count(DISTINCT target.id) FROM detections_target target
        JOIN detections_notificationpolicy_targets routed ON routed.target_id = target.id
        WHERE target.enabled AND target.channel <> 'console'),
    ARRAY(SELECT ARRAY[failing.check_name, failing.sentence, coalesce(target.id::text, ''), project.slug, place.name]
        FROM (SELECT * FROM detections_failingcheck
            WHERE check_name = ANY(%(banner_only)s) ORDER BY id LIMIT 5) failing
        JOIN detections_projectenvironment place ON place.id = failing.project_environment_id
        JOIN detections_project project ON project.id = place.project_id
        LEFT JOIN detections_target target ON failing.check_name = 'target' AND target.name = failing.subject
        ORDER BY failing.id)
"""
# Checks of the self-watch that no age here measures, and which stop no ping.
BANNER_ONLY = ["source", "target"]


@dataclass(frozen=True)
class FailingNow:
    """A check that fails: `target` or `source`, a sentence without a full stop, the id of the target that is meant, and
    the project and environment that it concerns."""

    check: str
    sentence: str
    target: str
    project: str
    environment: str


@dataclass(frozen=True)
class ConsoleHealth:
    """Ages in seconds, 0 where nothing waits. `slot_lag` is the time since the next slot was due; `slots_ahead` is how
    far the newest slot lies in the future, which the next tick corrects. `oldest_unsent_age` is of messages that could
    be sent now. `connected_targets`: those outside of the console that a policy leads to. `failing_checks`: targets
    and sources that fail, as the self-watch found them, at most five."""

    inbox_depth: int
    oldest_undigested_age: float
    slot_lag: float
    slots_ahead: float
    oldest_unapplied_age: float
    oldest_unsent_age: float
    connected_targets: int
    failing_checks: tuple[FailingNow, ...] = ()

    def late(self) -> dict[str, str]:
        """By name a sentence for each age beyond its limit."""
        return {
            name: MESSAGES[name].format(round(getattr(self, name)))
            for name, limit in LIMITS.items()
            if getattr(self, name) > limit
        }

    def reasons(self) -> list[str]:
        """A sentence for each age beyond its limit."""
        return list(self.late().values())


def measure(now: datetime) -> ConsoleHealth:
    """The ages as of `now`. One query; each part by an index or over waiting rows only."""
    with connection.cursor() as cursor:
        unfinished = [status.value for status in outbox.UNFINISHED]
        newest_end = now + scheduler.SKEW
        cursor.execute(
            WAITING, {"now": now, "newest": newest_end, "unfinished": unfinished, "banner_only": BANNER_ONLY}
        )
        ((depth, received, due, newest, ahead, verdict, message, connected, failing),) = cursor.fetchall()
    following = due or (newest + MINUTE if newest else None)
    return ConsoleHealth(
        inbox_depth=depth,
        oldest_undigested_age=_age(received, now),
        slot_lag=_age(following + scheduler.LATENESS if following else None, now),
        slots_ahead=max(0.0, (ahead - now).total_seconds()) if ahead else 0.0,
        oldest_unapplied_age=_age(verdict, now),
        oldest_unsent_age=_age(message, now),
        connected_targets=connected,
        failing_checks=tuple(FailingNow(*row) for row in failing),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
