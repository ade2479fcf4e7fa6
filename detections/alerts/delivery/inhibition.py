"""Inhibition: a wider rule stays quiet where a narrower one, which names it as its parent, already speaks.

Asked when something would be sent; it never changes an episode. What is held back goes out once nothing holds it any
more, or is overtaken by its resolve.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from detections.alerts.models import Alert, Delivery
from detections.telemetry.routes import matches

# How soon it is asked again: a minute is the beat of the rules, nothing changes faster.
AGAIN = timedelta(minutes=1)


def hold_back(batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Of the due deliveries, those that may go out; the others are marked, with who holds them, and asked again."""
    holders = _narrower([delivery.alert for delivery in batch])
    free = []
    for delivery in batch:
        holder = next((each for each in holders if _covers(each, delivery.alert)), None)
        if holder is None:
            free.append(delivery)
            continue
        step = {"policy": "inhibition", "matched": False, "why": f"held back while {holder} fires"}
        delivery.routing = [*(s for s in delivery.routing if s["policy"] != "inhibition"), step]
        delivery.status, delivery.next_attempt_at = Delivery.Status.SUPPRESSED, now + AGAIN
        delivery.save(update_fields=["status", "next_attempt_at", "routing"])
    return free


def _narrower(wider: Sequence[Alert]) -> list[Alert]:
    """Open episodes, in the same places, of rules whose version names one of these alerts' rules as its parent."""
    if not wider:
        return []
    open_now = Q(status__in=[Alert.Status.FIRING, Alert.Status.RECOVERING])
    return list(
        Alert.objects.filter(
            open_now,
            project_environment__in={alert.project_environment_id for alert in wider},
            version__spec__parent__in={alert.rule.identifier for alert in wider},
        ).select_related("rule", "version", "project_environment__project")
    )


def _covers(narrow: Alert, wide: Alert) -> bool:
    """Never a severer message by a milder one: somebody would not be paged who should be."""
    return (
        narrow.version.spec["parent"] == wide.rule.identifier
        and narrow.project_environment_id == wide.project_environment_id
        and narrow.severity >= wide.severity
        and (not narrow.group_key or matches(narrow.group_key, wide.group_key))
    )
