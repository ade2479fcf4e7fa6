"""Mute timings: messages of a policy wait while one of its windows holds them.

Checked when a message is due, like inhibition; it never changes an episode. A resolve is not held, so that whoever was
told learns of the end, nor is what people ask for; what its alert's end overtakes was told to nobody. Critical messages
are held where the policy says so. A message that was tried once is tried on: it may have been sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from detections.alerts.delivery.silencing import NEVER_SILENCED
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing.mute_timings import muted_until, muting
from detections.alerts.routing.time_windows import local_time
from detections.alerts.routing_models import NotificationPolicy
from detections.alerts.routing_queries import window_of
from detections.rules.models import Severity

# An edited window or policy takes effect after this at the latest.
CHECK_AGAIN = timedelta(minutes=5)
STEP = "mute timing"


def mute(batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The due deliveries that may be sent; the others are marked with what mutes them and checked again later. At most
    one query, and one where a policy has mute timings."""
    ids = {delivery.policy_id for delivery in batch if delivery.policy_id and not delivery.tries}
    if not ids:
        return list(batch)
    policies = NotificationPolicy.objects.filter(pk__in=ids, mute_windows__isnull=False).distinct()
    muted = {policy.pk: policy for policy in policies.prefetch_related("mute_windows")}
    return [delivery for delivery in batch if not _hold(delivery, muted.get(delivery.policy_id or 0), now)]


def _hold(delivery: Delivery, policy: NotificationPolicy | None, now: datetime) -> bool:
    """Whether a window holds it; then it is marked."""
    if policy is None or delivery.alert is None or delivery.tries or delivery.kind in NEVER_SILENCED:
        return False
    if delivery.alert.severity >= Severity.CRITICAL and not policy.mute_critical:
        return False
    windows = [window_of(row) for row in policy.mute_windows.all()]
    window = muting(windows, now)
    if window is None:
        return False
    until = muted_until(windows, now)
    end = f"until {local_time(window.zone, until)}" if until else "without an end"
    step = {"policy": STEP, "matched": False, "why": f"held back by the mute timing {window.name} {end}"}
    delivery.routing = [*(row for row in delivery.routing if row["policy"] != STEP), step]
    delivery.status = Delivery.Status.SUPPRESSED
    delivery.next_attempt_at = min(until or now + CHECK_AGAIN, now + CHECK_AGAIN)
    delivery.save(update_fields=["status", "next_attempt_at", "routing"])
    return True
