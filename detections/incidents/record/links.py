"""What an incident has to do with: alerts put in and taken out, and links to other rows and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.urls import reverse

from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert
from detections.incidents.models import LINKED, Incident, IncidentAlert, IncidentLink
from detections.incidents.record import inputs
from detections.incidents.record.write import IncidentInputError, append, lock, refuse_closed, save
from opsconsole.accounts.models import User
from opsconsole.lib.task_names import INCIDENTS
from opsconsole.lib.task_trigger import send_once

MANY_ALERTS = 500  # of one incident
MANY_LINKS = 200
TEXT_LENGTH = IncidentLink._meta.get_field("text").max_length or 0
VARIABLE_LENGTH = IncidentLink._meta.get_field("variable").max_length or 0
URL_LENGTH = IncidentLink._meta.get_field("url").max_length or 0
KINDS = (*LINKED, "variable", "url")
is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class LinkDraft:
    """What is to be linked: a row by `kind` (one of LINKED) and its id, a variable by its name, or an address. `text`:
    what it is called; empty: as the row is called."""

    kind: str
    value: int | str
    text: str = ""


def add_alerts(
    incident_id: int,
    alerts: Collection[int],
    now: datetime,
    *,
    by: User | None,
    actor: str = "",
    seen: int | None = None,
) -> Incident:
    """Puts alerts in, and their environments to those affected; alerts that are in already change nothing. Raises
    Incident.DoesNotExist, IncidentConflict, and IncidentInputError for an alert that is not there and for too many."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        added = put_in(incident, alerts, now, actor=actor)
        if added:
            save(incident)
            say_added(incident, added, now, actor=actor, by=by, affected=_affect(incident, added))
    return incident


def _affect(incident: Incident, alerts: Sequence[Alert]) -> list[str]:
    """Adds the alerts' environments to the affected ones; the names of those that were none of them."""
    affected = set(incident.places.values_list("pk", flat=True))
    new = {each.project_environment_id: each.where for each in alerts if each.project_environment_id not in affected}
    incident.places.add(*new)
    return list(new.values())


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
    _gather_soon(incident)
    return new


def _gather_soon(incident: Incident) -> None:
    """Has its timeline gathered after the commit, also where it is over and was gathered a moment ago."""
    Incident.objects.filter(pk=incident.pk).update(gathered_until=None)
    transaction.on_commit(lambda: send_once(INCIDENTS), robust=True)


def say_added(
    incident: Incident,
    alerts: Sequence[Alert],
    now: datetime,
    *,
    actor: str,
    by: User | None,
    affected: Sequence[str] = (),
) -> None:
    """A line about the alerts, with those environments that are affected since."""
    since = [f"Also affected: {', '.join(affected)}"] if affected else []
    if len(alerts) == 1:
        text, url = f"Alert added: {alerts[0]}", reverse("alert", args=[alerts[0].pk])
        append(incident, now, text, actor=actor, by=by, url=url, body="".join(since))
    else:
        body = "\n".join([*(f"- {each}" for each in alerts), *(f"\n{line}" for line in since)])
        append(incident, now, f"{len(alerts)} alerts added", actor=actor, by=by, body=body)


def remove_alert(
    incident_id: int, alert_id: int, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Takes an alert out; its lines stay in the timeline. One that is not in changes nothing. Raises
    Incident.DoesNotExist and IncidentConflict."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        link = incident.alert_links.select_related("alert__rule", "alert__project_environment__project")
        found = link.filter(alert=alert_id, removed_at__isnull=True).first()
        if found is not None:
            found.removed_at = now
            found.save(update_fields=["removed_at"])
            save(incident)
            url = reverse("alert", args=[alert_id])
            append(incident, now, f"Alert taken out: {found.alert}", actor=actor, by=by, url=url)
    return incident


def add_link(
    incident_id: int, draft: LinkDraft, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Links the incident to something; to the same again it changes nothing. Raises Incident.DoesNotExist,
    IncidentConflict, and IncidentInputError where there is no such thing."""
    actor = actor or (name_of(by) if by else "")
    if draft.kind not in KINDS:
        raise IncidentInputError(f"kind: one of {', '.join(KINDS)}.")
    value = _row(draft) if draft.kind in LINKED else _text(draft)
    text = inputs.line("text", draft.text or str(value)[:TEXT_LENGTH], TEXT_LENGTH)
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        if incident.links.filter(**{draft.kind: value}).exists():
            return incident
        if incident.links.count() >= MANY_LINKS:
            raise IncidentInputError(f"links: at most {MANY_LINKS} of an incident; remove one first.")
        made = {draft.kind: value, "text": text, "added_at": now, "added_by": actor}
        IncidentLink.objects.create(incident=incident, **made)
        save(incident)
        append(incident, now, f"Linked: {text}", actor=actor, by=by, url=value if draft.kind == "url" else "")
    return incident


def remove_link(
    incident_id: int, link_id: int, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Removes a link; one that is not there changes nothing. Raises Incident.DoesNotExist and IncidentConflict."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        link = incident.links.filter(pk=link_id).first()
        if link is not None:
            link.delete()
            save(incident)
            append(incident, now, f"Link removed: {link.text}", actor=actor, by=by, url=link.url)
    return incident


def _row(draft: LinkDraft) -> Any:
    """The row; rules, issues, … are known by their ids."""
    model: Any = IncidentLink._meta.get_field(draft.kind).related_model
    number = str(draft.value)
    found = model._default_manager.filter(pk=int(number)).first() if number.isdecimal() and len(number) <= 18 else None
    if found is None:
        raise IncidentInputError(f"{draft.kind}: there is none with the id {number[:20]}.")
    return found


def _text(draft: LinkDraft) -> str:
    """The name of a variable, or an address of the web."""
    if draft.kind == "variable":
        return inputs.line("variable", str(draft.value), VARIABLE_LENGTH, required="name it.")
    address = inputs.key("url", str(draft.value).strip(), URL_LENGTH)
    if not address:
        raise IncidentInputError("url: give an address.")
    try:
        is_web_address(address)
    except ValidationError:
        raise IncidentInputError("url: an address that begins with https:// or http://.") from None
    if "@" in urlsplit(address).netloc:
        raise IncidentInputError("url: an address without a name or password before the host.")
    return address
