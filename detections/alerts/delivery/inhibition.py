"""Inhibition: messages of a wider rule wait while a narrower rule, which names it as its parent, fires.

Alerts of which one covers the other are in one group as soon as both are told, and only its leader has messages
(decision 19). What is left are alerts that were told before there were groups, or that began in shadow. Checked when a
message is due; it never changes an episode. An inhibited message is sent once no narrower rule fires any more, or is
overtaken when its alert resolves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from detections.alerts.causes.models import GroupedAlert
from detections.alerts.causes.narrower import OPEN_NOW, groups_of, holds_back
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert

# Until the next check: rules are judged every minute, nothing changes faster.
CHECK_AGAIN = timedelta(minutes=1)


def inhibit(batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The due deliveries that may be sent; the others are marked with what inhibits them and checked again later. The
    end of an alert is never held back: it goes to whoever was told of its beginning."""
    asked = [delivery for delivery in batch if delivery.kind != Delivery.Kind.RESOLVED]
    inhibited = inhibited_by([delivery.alert for delivery in asked if delivery.alert])
    free = []
    for delivery in batch:
        inhibiting = inhibited.get(delivery.alert_id) if delivery.alert_id else None
        # One that was tried may have arrived: it goes on, so that its end is told too.
        if inhibiting is None or delivery.tries or delivery.kind == Delivery.Kind.RESOLVED:
            free.append(delivery)
            continue
        step = {"policy": "inhibition", "matched": False, "why": f"held back while {inhibiting} fires"}
        delivery.routing = [*(s for s in delivery.routing if s["policy"] != "inhibition"), step]
        delivery.status, delivery.next_attempt_at = Delivery.Status.SUPPRESSED, now + CHECK_AGAIN
        delivery.save(update_fields=["status", "next_attempt_at", "routing"])
    return free


def inhibited_by(alerts: Sequence[Alert]) -> dict[int, Alert]:
    """By id of each of the alerts that is inhibited, the narrower one that does it: not one of the same group, whose
    leader is chosen."""
    narrower = _narrower(alerts)
    if not narrower:
        return {}
    every = {*narrower, *alerts}
    shared = groups_of(every)
    group = dict(GroupedAlert.objects.filter(alert__in=every).values_list("alert_id", "group_id"))
    inhibiting = {
        alert.pk: next(
            (n for n in narrower if group.get(n.pk) != group.get(alert.pk) and _inhibits(n, alert, shared)), None
        )
        for alert in alerts
    }
    return {pk: each for pk, each in inhibiting.items() if each is not None}


def _narrower(wider: Sequence[Alert]) -> list[Alert]:
    """Alerts that fire or recover in the same environments, whose rule names a rule of these alerts as its parent."""
    if not wider:
        return []
    return list(
        Alert.objects.filter(
            OPEN_NOW,
            project_environment__in={alert.project_environment_id for alert in wider},
            version__spec__parent__in={alert.rule.identifier for alert in wider},
        ).select_related("rule", "version", "project_environment__project")
    )


def _inhibits(narrow: Alert, wide: Alert, shared: dict[int, set[str]]) -> bool:
    """Whether `narrow` inhibits `wide`: same environment and keys, and at least as severe, so that no page is lost."""
    if narrow.project_environment_id != wide.project_environment_id or narrow.severity < wide.severity:
        return False
    return holds_back(narrow, wide, shared)
