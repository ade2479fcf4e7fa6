"""The facts of a message about an incident, read when it is queued."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from detections.alerts.channels.incident_facts import IncidentFacts, minute, status_words
from detections.incidents.models import Incident, SeverityLevel


def facts_of(incident: Incident, event: str, text: str) -> IncidentFacts:
    """The incident as it is now. Three queries."""
    facts: IncidentFacts = {
        "id": incident.pk,
        "name": incident.name,
        "url": settings.PUBLIC_URL + reverse("incident", args=[incident.pk]),
        "title": incident.title,
        "event": event,
        "text": text,
        "status": incident.status,
        "commander": str(incident.commander or ""),
        "places": affected(incident),
        "started_at": incident.started_at.isoformat() if incident.started_at else "",
        "next_update_at": incident.next_update_at.isoformat() if incident.next_update_at else "",
    }
    return facts | {"severity": incident.severity} if incident.severity else facts


def level_of(incident: Incident) -> SeverityLevel | None:
    """What its severity asks for; None where it is unknown. At most one query."""
    return SeverityLevel.objects.filter(pk=incident.severity).first() if incident.severity else None


def affected(incident: Incident) -> list[str]:
    """The names of the affected environments, of projects and of systems. Two queries."""
    places = incident.places.select_related("project").order_by("project__slug", "name")
    environments = incident.environments.select_related("system").order_by("system__slug", "slug")
    return [*(f"{place.project.slug}/{place.name}" for place in places), *(each.path for each in environments)]


def values_for_templates(incident: Incident) -> dict[str, str]:
    """By name what a template is filled with. Three queries."""
    facts = facts_of(incident, "update", "")
    return {
        "name": incident.name,
        "title": incident.title,
        "summary": " ".join(incident.summary.split()),
        "severity": incident.get_severity_display() if incident.severity else "",
        "status": status_words(incident.status),
        "commander": facts["commander"],
        "affected": ", ".join(facts["places"]),
        "started": minute(facts["started_at"]),
    }
