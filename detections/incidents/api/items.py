"""Incidents and what belongs to them, as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from detections.alerts.delivery_models import Delivery
from detections.incidents.action_models import ActionItem
from detections.incidents.models import LINKED, Incident, IncidentLink
from detections.incidents.timeline.queries import files_of
from detections.incidents.timeline_models import TimelineFile, TimelineLine
from detections.incidents.updates.told import ToldUpdate

PLAIN = (
    "name",
    "title",
    "summary",
    "severity",
    "status",
    "declared_at",
    "started_at",
    "mitigated_at",
    "resolved_at",
    "closed_at",
    "next_update_at",
    "postmortem_due_at",
    "revision",
)
LINE = ("id", "kind", "at", "recorded_at", "text", "body", "where", "url")
FILE = ("name", "content_type", "size", "sha256")
UPDATE = ("number", "text", "status", "severity", "next_update_at", "at")
ACTION = ("id", "text", "status", "due", "link", "created_at", "created_by", "ended_at", "why", "revision")


def incident_rows() -> QuerySet[Incident]:
    """With what `as_item` shows: three queries, however many there are."""
    rows = Incident.objects.select_related("commander", "bug_class", "declared_by")
    return rows.prefetch_related("places__project", "environments__system")


def as_item(incident: Incident) -> dict[str, Any]:
    """An incident in a list. No query: the row comes from `incident_rows`."""
    places = [f"{place.project.slug}/{place.name}" for place in incident.places.all()]
    return {
        "id": incident.pk,
        "commander": incident.commander.name if incident.commander else None,
        "places": sorted({*places, *(each.path for each in incident.environments.all())}),
        "bug_class": incident.bug_class.name if incident.bug_class else None,
        "declared_by": incident.declared_by_name,
        "url": settings.PUBLIC_URL + reverse("incident", args=[incident.pk]),
        **{name: getattr(incident, name) for name in PLAIN},
    }


def as_detail(incident: Incident) -> dict[str, Any]:
    """An incident with what belongs to it. Five queries."""
    inside = incident.alert_links.filter(removed_at__isnull=True)
    roles = incident.roles.filter(until__isnull=True).select_related("owner")
    return as_item(incident) | {
        "factors": [factor.name for factor in incident.factors.all()],
        "alerts": list(inside.order_by("alert").values_list("alert", flat=True)),
        "roles": [{"role": each.role, "owner": each.owner.name, "since": each.since} for each in roles],
        "links": [_link(each) for each in incident.links.all()],
        "targets": list(incident.targets.order_by("name").values_list("name", flat=True)),
        "closed_why": incident.closed_why,
    }


def as_lines(lines: Iterable[TimelineLine]) -> list[dict[str, Any]]:
    """Lines of the timeline, with the mark that stands (`timeline.queries.with_marks`) and their files. One query."""
    rows = list(lines)
    files = files_of([row.pk for row in rows])
    return [_line(row, files.get(row.pk, ())) for row in rows]


def _line(line: TimelineLine, files: Iterable[TimelineFile]) -> dict[str, Any]:
    mark: str = getattr(line, "standing")  # noqa: B009 - an annotation
    kept = [{name: getattr(file, name) for name in FILE} for file in files]
    return {"actor": line.actor_name, "mark": mark, "files": kept, **{name: getattr(line, name) for name in LINE}}


def as_update(told: ToldUpdate) -> dict[str, Any]:
    update = told.update
    return {
        "actor": update.actor_name,
        "messages": [_message(each) for each in told.messages],
        **{name: getattr(update, name) for name in UPDATE},
    }


def as_action(item: ActionItem) -> dict[str, Any]:
    """An action item; load the owner with it."""
    return {
        "incident": item.incident_id,
        "owner": item.owner.name if item.owner else None,
        "ended_by": item.ended_by_name,
        **{name: getattr(item, name) for name in ACTION},
    }


def _link(link: IncidentLink) -> dict[str, str]:
    for kind in LINKED:
        if (pk := getattr(link, f"{kind}_id")) is not None:
            return {"kind": kind, "value": str(pk), "text": link.text}
    kind = "variable" if link.variable else "url" if link.url else ""
    return {"kind": kind, "value": link.variable or link.url, "text": link.text}


def _message(row: Delivery) -> dict[str, Any]:
    return {
        "target": row.target.name,
        "channel": row.target.intended_channel or row.target.channel,
        "status": "would_be_sent" if row.shown_only else row.status,
        "outcome": row.outcome,
        "tries": row.tries,
        "sent_at": None if row.shown_only else row.sent_at,
    }
