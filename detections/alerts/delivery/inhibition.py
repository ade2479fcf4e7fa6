"""Inhibition: messages of a wider rule wait while a narrower rule, which names it as its parent, fires.

Checked when a message is due; it never changes an episode. An inhibited message is sent once no narrower rule fires any
more, or is overtaken when its alert resolves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from detections.alerts.models import Alert, AlertMember, Delivery
from detections.telemetry.routes import MORE, matches

# Until the next check: rules are judged every minute, nothing changes faster.
CHECK_AGAIN = timedelta(minutes=1)


def inhibit(batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The due deliveries that may be sent; the others are marked with what inhibits them and checked again later. The
    end of an alert is never held back: it goes to whoever was told of its beginning."""
    narrower = _narrower([delivery.alert for delivery in batch if delivery.kind != Delivery.Kind.RESOLVED])
    shared = _groups_of({*narrower, *(delivery.alert for delivery in batch)}) if narrower else {}
    free = []
    for delivery in batch:
        inhibiting = next((each for each in narrower if _inhibits(each, delivery.alert, shared)), None)
        if inhibiting is None or delivery.kind == Delivery.Kind.RESOLVED:
            free.append(delivery)
            continue
        step = {"policy": "inhibition", "matched": False, "why": f"held back while {inhibiting} fires"}
        delivery.routing = [*(s for s in delivery.routing if s["policy"] != "inhibition"), step]
        delivery.status, delivery.next_attempt_at = Delivery.Status.SUPPRESSED, now + CHECK_AGAIN
        delivery.save(update_fields=["status", "next_attempt_at", "routing"])
    return free


def _narrower(wider: Sequence[Alert]) -> list[Alert]:
    """Alerts that fire or recover in the same environments, whose rule names a rule of these alerts as its parent."""
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


def _groups_of(alerts: Collection[Alert]) -> dict[int, set[str]]:
    """By id of each shared alert among them, the groups that fire within it; all its groups where none does any more.
    One query where there is any, and one where such an alert is over."""
    groups: dict[int, set[str]] = {alert.pk: set() for alert in alerts if alert.group_key == MORE}
    members = AlertMember.objects.values_list("alert_id", "scope__group_key")
    if groups:
        for pk, group in members.filter(alert__in=groups, cleared_at__isnull=True):
            groups[pk].add(group)
    if over := [pk for pk, firing in groups.items() if not firing]:
        for pk, group in members.filter(alert__in=over):
            groups[pk].add(group)
    return groups


def _inhibits(narrow: Alert, wide: Alert, shared: Mapping[int, set[str]]) -> bool:
    """Whether `narrow` inhibits `wide`: same environment and keys, and at least as severe, so that no page is lost."""
    return (
        narrow.version.spec["parent"] == wide.rule.identifier
        and narrow.project_environment_id == wide.project_environment_id
        and narrow.severity >= wide.severity
        and _covers(narrow, shared.get(wide.pk, {wide.group_key}), shared)
    )


def _covers(narrow: Alert, groups: Collection[str], shared: Mapping[int, set[str]]) -> bool:
    """Whether all groups are the narrower alert's: those of a shared one, else what its glob matches."""
    if narrow.pk in shared:
        return shared[narrow.pk].issuperset(groups)
    return not narrow.group_key or all(matches(narrow.group_key, group) for group in groups)
