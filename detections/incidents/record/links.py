"""What an incident has to do with: alerts put in and taken out, and links to other rows and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert
from detections.incidents.models import Incident, IncidentAlert
from detections.incidents.record.write import IncidentInputError, append, lock, save
from opsconsole.accounts.models import User

MANY_ALERTS = 500  # of one incident


def add_alerts(
    incident_id: int,
    alerts: Collection[int],
    now: datetime,
    *,
    by: User | None,
    actor: str = "",
    seen: int | None = None,
) -> Incident:
    """Puts alerts in; those that are in already change nothing. Raises Incident.DoesNotExist, IncidentConflict, and
    IncidentInputError for an alert that is not there and for too many."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        added = put_in(incident, alerts, now, actor=actor)
        if added:
            save(incident)
            say_added(incident, added, now, actor=actor, by=by)
    return incident


def put_in(incident: Incident, ids: Iterable[int], now: datetime, *, actor: str) -> Sequence[Alert]:
    """Links the locked incident to these alerts; those that were not in it."""
    wanted = set(ids)
    found = Alert.objects.select_related("rule", "project", "project_environment").filter(pk__in=wanted)
    alerts = {alert.pk: alert for alert in found.order_by("opened_at", "pk")}
    if missing := sorted(wanted - alerts.keys()):
        raise IncidentInputError(f"alerts: there is no alert {missing[0]}.")
    links = {link.alert_id: link for link in incident.alert_links.all()}
    new = [alert for pk, alert in alerts.items() if pk not in links or links[pk].removed_at is not None]
    inside = sum(link.removed_at is None for link in links.values())
    if inside + len(new) > MANY_ALERTS:
        raise IncidentInputError(f"alerts: at most {MANY_ALERTS} in an incident.")
    back = [alert.pk for alert in new if alert.pk in links]
    incident.alert_links.filter(alert__in=back).update(removed_at=None, added_at=now, added_by=actor)
    fresh = [alert for alert in new if alert.pk not in links]
    IncidentAlert.objects.bulk_create(
        IncidentAlert(incident=incident, alert=alert, added_at=now, added_by=actor) for alert in fresh
    )
    return new


def say_added(incident: Incident, alerts: Sequence[Alert], now: datetime, *, actor: str, by: User | None) -> None:
    """A line for a few alerts each, one line for many."""
    if len(alerts) == 1:
        append(incident, now, f"Alert added: {alerts[0]}", actor=actor, by=by, url=f"/alerts/{alerts[0].pk}/")
    else:
        append(
            incident,
            now,
            f"{len(alerts)} alerts added",
            actor=actor,
            by=by,
            body="\n".join(f"- {each}" for each in alerts),
        )
