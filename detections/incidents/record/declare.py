"""Declares an incident: the record, its alerts, its first line, and its targets told, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from bootstrap.systems.models import Environment
from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.incidents.models import TITLE_LENGTH, Incident, IncidentAlert
from detections.incidents.record import inputs
from detections.incidents.record.command import tell_first
from detections.incidents.record.draft import IncidentDraft
from detections.incidents.record.links import put_in
from detections.incidents.record.write import IncidentConflict, IncidentInputError, append
from detections.incidents.updates.tell import tell_of
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import User

KEY_LENGTH = Incident._meta.get_field("client_key").max_length or 0


def declare(draft: IncidentDraft, now: datetime, *, by: User | None, actor: str = "") -> Incident:
    """The incident, open, with who declared it in its first line, and its commander told (`was_told`); where the person
    has declared one by this client key, that one, unchanged. Raises IncidentInputError, and IncidentConflict where an
    alert is in an incident that is not closed, unless `another` is wanted."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        _refuse_second(draft, by)
        incident, made = _record(draft, now, by, actor)
        if not made:
            return incident
        _relate(incident, draft)
        alerts = put_in(incident, draft.alerts, now, actor=actor)
        said = f"Declared as {incident.get_severity_display()}: {incident.title}"
        body = "\n".join(f"- {alert}" for alert in alerts)
        append(incident, now, said, actor=actor, by=by, body=body, important=True)
        tell_of(incident, "declared", said, now, actor=actor, by=by)
        if draft.commander is not None:
            tell_first(incident, draft.commander, now, by=by, actor=actor)
    incident.changed = True
    return incident


def with_alerts(ids: Collection[int]) -> list[Incident]:
    """The incidents that are not closed and have one of the alerts, the newest first. One query, none without ids."""
    if not ids:
        return []
    having = IncidentAlert.objects.filter(alert__in=ids, removed_at__isnull=True)
    current = Incident.objects.exclude(status=Incident.Status.CLOSED).select_related("commander")
    return list(current.filter(pk__in=having.values("incident")).order_by("-pk"))


def _refuse_second(draft: IncidentDraft, by: User | None) -> None:
    """Of two people who declare the same alert at once the second waits for the first, and is told of it. Raises
    IncidentConflict."""
    if not draft.alerts or draft.another:
        return
    list(Alert.objects.select_for_update(no_key=True).filter(pk__in=draft.alerts).order_by("pk").values_list("pk"))
    if draft.client_key and Incident.objects.filter(declared_by=by, client_key=draft.client_key).exists():
        return
    for incident in with_alerts(draft.alerts)[:1]:
        who = f"{incident.commander} commands it" if incident.commander else "nobody commands it"
        raise IncidentConflict(incident, f"Not declared: it is already in {incident} ({who}).")


def _record(draft: IncidentDraft, now: datetime, by: User | None, actor: str) -> tuple[Incident, bool]:
    """The row, and whether it is new. Of two at once by one key the second waits for the first."""
    values = {
        "title": inputs.line("title", draft.title, TITLE_LENGTH, required="say in a few words what is wrong."),
        "summary": inputs.text("summary", draft.summary.replace("\r\n", "\n").strip(), inputs.SUMMARY_LENGTH),
        "severity": inputs.severity(draft.severity),
        "commander": draft.commander,
        "declared_at": now,
        "declared_by_name": actor,
        "started_at": inputs.past("started_at", draft.started_at, now),
    }
    if not draft.client_key:
        return Incident.objects.create(declared_by=by, **values), True
    key = inputs.key("client_key", draft.client_key, KEY_LENGTH)
    return Incident.objects.get_or_create(declared_by=by, client_key=key, defaults=values)


def _relate(incident: Incident, draft: IncidentDraft) -> None:
    related: dict[str, tuple[Sequence[int], type[Model]]] = {
        "places": (draft.places, ProjectEnvironment),
        "environments": (draft.environments, Environment),
        "targets": (draft.targets, Target),
    }
    for field, (ids, model) in related.items():
        known = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
        if missing := sorted(set(ids) - known):
            raise IncidentInputError(f"{field}: there is none with the id {missing[0]}.")
        getattr(incident, field).set(ids)


__all__ = ["IncidentDraft", "declare", "with_alerts"]
