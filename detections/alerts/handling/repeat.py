"""Sends messages of open, unacknowledged alerts again after the repeat interval of their policies.

When is a column, `AlertGroup.repeat_at`, that is polled. Who leads is routed anew then, so that a repeat goes
where its hour sends it; after a downtime it is sent once, not for each interval that has passed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from detections.alerts.alert_subject import subject_of
from detections.alerts.causes import store as causes
from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import lock_free
from detections.alerts.models import Alert
from detections.alerts.routing.match_policies import PolicyNode, match_policies
from detections.alerts.routing.timing import group_key
from detections.alerts.routing_models import MessageGroup
from detections.alerts.routing_queries import routing_tree
from opsconsole.lib.text.humanize import duration

logger = logging.getLogger(__name__)

# From these a repeat is counted; an update or an acknowledgment calls nobody.
Kind = Delivery.Kind
COUNTED = (Kind.FIRING, Kind.ESCALATED, Kind.REPEATED, Kind.EXPIRED)
# An alert that recovers or flaps, or that no policy repeats at this hour, is looked at again after this.
LOOK_AGAIN = timedelta(minutes=5)
AT_ONCE = 500


def repeat(now: datetime) -> int:
    """Queues the repeats that are due; returns for how many groups. One for which this raises is logged and skipped."""
    done = 0
    for alert_id in list(_due(now).values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done += _repeat_one(alert_id, now)
        except Exception:
            logger.exception("the messages of alert %s could not be repeated; it stays due", alert_id)
    return done


def _due(now: datetime) -> QuerySet[Alert]:
    return Alert.objects.filter(led__repeat_at__lte=now, dedup_key__isnull=False).order_by("led__repeat_at")


def _repeat_one(alert_id: int, now: datetime) -> int:
    """1 where something was queued."""
    with transaction.atomic():
        alert = lock_free(_due(now), alert_id)
        if alert is None:  # another worker has it, or it is no longer due
            return 0
        causes.lock(alert.project_environment_id)
        group = causes.led_by(alert)  # meanwhile another alert may lead
        if group is None or group.repeat_at is None or group.repeat_at > now:
            return 0
        if alert.handling == Alert.Handling.ACKNOWLEDGED:
            return _look_again(group, None)  # the end of the acknowledgment is a message, from which it counts anew
        if alert.status != Alert.Status.FIRING or alert.flapping_since is not None:
            return _look_again(group, now + LOOK_AGAIN)
        due = _due_at(alert, group, now)
        wanted = [policy.id for policy, at in due if at <= now]
        queued = _send(alert, wanted, now) if wanted else 0
        later = [now + (policy.timing.repeat or LOOK_AGAIN) if at <= now else at for policy, at in due]
        _look_again(group, min(later, default=now + LOOK_AGAIN))
        return min(1, queued)


def _look_again(group: AlertGroup, at: datetime | None) -> int:
    group.repeat_at = at
    group.save(update_fields=["repeat_at"])
    return 0


def _due_at(alert: Alert, group: AlertGroup, now: datetime) -> list[tuple[PolicyNode, datetime]]:
    """The policies that take the alert now and repeat, and when each wants its message again: counted from its last one
    about the alert, or about the group, which lists the alert."""
    subject = subject_of(alert)
    matches = match_policies(routing_tree(), subject, now).matches
    nodes = [match.node for match in matches if match.node.timing.repeat is not None and not match.node.summary]
    rows = group.deliveries.filter(kind__in=COUNTED, fallback_of=None).exclude(status=Delivery.Status.OVERTAKEN)
    last = dict(rows.values_list("policy_id").annotate(last=Max("queued_at")).order_by())
    due = []
    for node in nodes:
        told = [last[node.id]] if node.id in last else []
        if node.timing.groups(alert.severity):
            groups = MessageGroup.objects.filter(policy=node.id, key=group_key(node.timing.group_by, subject))
            told += [at for at in groups.values_list("last_at", flat=True) if at is not None]
        due.append((node, max(told) + (node.timing.repeat or LOOK_AGAIN) if told else now))
    return due


def _send(alert: Alert, policies: list[int], now: datetime) -> int:
    since = duration((now - alert.opened_at).total_seconds())
    why = f"Open for {since}, and nobody has acknowledged it."
    return len(notify(alert, Delivery.Kind.REPEATED, now, why=why, policies=policies))
