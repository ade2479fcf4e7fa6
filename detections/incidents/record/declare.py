"""Declares an incident: the record, its alerts, its first line, and its targets told, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from bootstrap.systems.models import Environment
from detections.alerts.handling.acknowledge import name_of
from detections.alerts.routing_models import Target
from detections.incidents.models import TITLE_LENGTH, Incident
from detections.incidents.record import inputs
from detections.incidents.record.links import put_in
from detections.incidents.record.write import IncidentInputError, append
from detections.incidents.updates.tell import tell_of
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import Owner, User


@dataclass(frozen=True)
class IncidentDraft:
    """What an incident is declared with. Rows are named by their ids; `started_at` None: not known yet."""

    title: str
    severity: int
    summary: str = ""
    started_at: datetime | None = None
    commander: Owner | None = None
    alerts: Sequence[int] = ()
    places: Sequence[int] = ()
    environments: Sequence[int] = ()
    targets: Sequence[int] = ()


def declare(draft: IncidentDraft, now: datetime, *, by: User | None, actor: str = "") -> Incident:
    """The incident, open, with who declared it in its first line. Raises IncidentInputError."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = Incident.objects.create(
            title=inputs.line("title", draft.title, TITLE_LENGTH, required="say in a few words what is wrong."),
            summary=inputs.text("summary", draft.summary.strip(), inputs.SUMMARY_LENGTH),
            severity=inputs.severity(draft.severity),
            commander=draft.commander,
            declared_at=now,
            declared_by=by,
            declared_by_name=actor,
            started_at=inputs.past("started_at", draft.started_at, now),
        )
        _relate(incident, draft)
        alerts = put_in(incident, draft.alerts, now, actor=actor)
        said = f"Declared as {incident.get_severity_display()}: {incident.title}"
        body = "\n".join(f"- {alert}" for alert in alerts)
        append(incident, now, said, actor=actor, by=by, body=body, important=True)
        tell_of(incident, "declared", said, now, actor=actor, by=by)
    incident.changed = True
    return incident


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
