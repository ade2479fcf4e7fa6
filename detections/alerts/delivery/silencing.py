"""Silences: messages that are due wait while a silence hides their alert.

Checked when a message is due; it never changes an episode. What waited goes out when no silence hides the alert any
more, with what is so by then; later messages of the alert to that target are overtaken by it. The end of an alert and
its acknowledgment go to everyone who got an earlier message, and what was tried once, and may have arrived, goes on.
Of a group of alerts with others that no silence hides, the message is told about the strongest of those instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery.drafts import KEPT as OF_FIRST
from detections.alerts.delivery.payload import gather
from detections.alerts.delivery.updates import TOLD_BEFORE
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.silences.in_force import Hiding, hides_until, not_hidden, silenced
from detections.rules.silence_models import Silence
from opsconsole.lib.text.humanize import utc

# Until the next check at the latest: a silence may be ended or changed, and an alert get more severe.
CHECK_AGAIN = timedelta(minutes=1)
Kind, Status = Delivery.Kind, Delivery.Status
# They end what a receiver knows, or a person asked for them.
NEVER_SILENCED = frozenset(
    {Kind.RESOLVED, Kind.ACKNOWLEDGED, Kind.MERGED, Kind.HANDED_OVER, Kind.RESPONDER, Kind.CALLED_OFF}
)
# Of no use later: they are not sent at all.
DROPPED = frozenset({Kind.REMINDER, Kind.FLAPPING})
# About a group of alerts as a whole; the others are about the one alert that is hidden.
OF_GROUP = frozenset({Kind.FIRING, Kind.UPDATED, Kind.REPEATED, Kind.ESCALATION})
OVERTAKEN_BY_WHAT_WAITED = (Kind.ESCALATED, Kind.ACKNOWLEDGED, Kind.REMINDER, Kind.EXPIRED, Kind.FLAPPING)
COLUMNS = ("status", "next_attempt_at", "routing", "silence")
# Of the facts as they were when it was queued.
KEPT = ("message_id", "episode", "actor", "forwarded", TOLD_BEFORE, *OF_FIRST)
POLICY = "silence"  # the name of the step in the routing of a delivery


def silence(batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The due deliveries that no silence hides; the others are marked with what hides them, and checked again later.
    One query where nothing hides nor hid, else a fixed number and some for each message that has waited."""
    asked = [delivery for delivery in batch if delivery.kind not in NEVER_SILENCED and not delivery.tries]
    found = silenced([delivery.alert for delivery in asked if delivery.alert], now)
    hiding = {delivery.pk: found[delivery.alert_id][0] for delivery in asked if delivery.alert_id in found}
    for delivery, other in _told_about_others([each for each in asked if each.pk in hiding], now):
        _tell_about(delivery, other, hiding.pop(delivery.pk))
    held = [delivery for delivery in asked if delivery.pk in hiding]
    for delivery in held:
        _hold(delivery, hiding[delivery.pk], now)
    pks = {delivery.pk for delivery in held}
    free = [delivery for delivery in batch if delivery.pk not in pks]
    waited = [delivery for delivery in free if delivery.silence_id is not None]
    _release(waited, now)
    if held:
        Delivery.objects.bulk_update(held, COLUMNS)
    if waited:
        Delivery.objects.bulk_update(waited, (*COLUMNS, "payload", "alert"))
    return free


def _told_about_others(hidden: Sequence[Delivery], now: datetime) -> list[tuple[Delivery, Alert]]:
    """Those of the hidden messages that stand for a group with open alerts that no silence hides, with the strongest of
    these. No query without any, else those of `not_hidden`."""
    of_group = [delivery for delivery in hidden if delivery.kind in OF_GROUP]
    if not of_group:
        return []
    by_group = not_hidden({delivery.group_id for delivery in of_group}, now)
    return [(each, by_group[each.group_id]) for each in of_group if each.group_id in by_group]


def _tell_about(delivery: Delivery, alert: Alert, hiding: Hiding) -> None:
    why = f"{delivery.alert} is hidden by {hiding.silence}; {alert} is not."
    delivery.alert = alert
    delivery.payload = _facts(delivery, alert, alert.grouped.group, why)
    _note(delivery, matched=True, why=why)
    delivery.save(update_fields=["alert", "payload", "routing"])


def _facts(delivery: Delivery, alert: Alert, group: AlertGroup, why: str) -> dict[str, Any]:
    """Those of the alert as it is now, with what was decided when it was queued; a step is named after `why`."""
    before = delivery.payload
    if delivery.kind == Kind.ESCALATION and before.get("why"):
        why = f"{why} {before['why']}"
    kept = {name: before[name] for name in KEPT if name in before}
    return {**gather(alert, delivery.kind, group=group, why=why), **kept}


def _hold(delivery: Delivery, hiding: Hiding, now: datetime) -> None:
    dropped = delivery.kind in DROPPED
    delivery.silence = hiding.silence
    delivery.status = Status.OVERTAKEN if dropped else Status.SUPPRESSED
    delivery.next_attempt_at = None if dropped else min(hiding.until, now + CHECK_AGAIN)
    _note(delivery, matched=False, why=f"hidden by {hiding.silence} until {utc(hiding.until)}")


def _release(waited: Sequence[Delivery], now: datetime) -> None:
    """Gives each the facts of the alert as it is now, with what hid it, and overtakes later messages about it to its
    target. Where the alert is over, it is about the one that leads its group."""
    if not waited:
        return
    alerts = Alert.objects.select_related("rule", "project", "project_environment", "evidence", "acknowledged_by")
    groups = AlertGroup.objects.in_bulk({delivery.group_id for delivery in waited})
    leaders = {group.leader_id for group in groups.values()}
    by_id = alerts.in_bulk({delivery.alert_id for delivery in waited} | leaders - {None})
    silences = Silence.objects.in_bulk({delivery.silence_id for delivery in waited})
    later = Q(pk__in=[])
    for delivery in waited:
        hid, group = silences[delivery.silence_id or 0], groups[delivery.group_id or 0]
        alert = by_id[delivery.alert_id or 0]
        if alert.dedup_key is None and group.leader_id is not None:
            alert = delivery.alert = by_id[group.leader_id]
        why = _why(hid, alert, delivery, now)
        delivery.payload = _facts(delivery, alert, group, why)
        delivery.silence, delivery.status = None, Status.QUEUED
        _note(delivery, matched=True, why=why)
        of_target = Q(group=delivery.group_id, target=delivery.target_id, alert=alert.pk)
        later |= of_target & Q(sequence__gt=delivery.sequence)
    waiting = Delivery.objects.filter(later, status__in=[Status.QUEUED, Status.SUPPRESSED], tries=0)
    waiting.filter(kind__in=OVERTAKEN_BY_WHAT_WAITED).update(status=Status.OVERTAKEN, next_attempt_at=None)


def _why(hid: Silence, alert: Alert, delivery: Delivery, now: datetime) -> str:
    """`Silence 3 (deploy) ended at …; still firing since ….`"""
    if hid.ends_at <= now:
        by = f" by {hid.ended_by_name}" if hid.ended_by_name else ""
        ended = f"ended at {utc(hid.ends_at)}{by}"
    elif hid.recurring and delivery.next_attempt_at and hides_until(hid, now) is None:
        until = hides_until(hid, delivery.next_attempt_at) or delivery.next_attempt_at
        ended = f"paused at {utc(until)}, the end of its hours"
    else:
        ended = "does not cover it any more"
    has_it = f" {alert.acknowledged_by} acknowledged it." if alert.acknowledged_by else ""
    recovers = ", recovering now" if alert.status == Alert.Status.RECOVERING else ""
    return f"S{str(hid)[1:]} {ended}; still firing since {utc(alert.opened_at)}{recovers}.{has_it}"


def _note(delivery: Delivery, *, matched: bool, why: str) -> None:
    """The step in the routing of the delivery, in place of the one before of the same kind."""
    others = [step for step in delivery.routing if step["policy"] != POLICY or step["matched"] is not matched]
    delivery.routing = [*others, {"policy": POLICY, "matched": matched, "why": why}]
