"""The page of an incident as a template context, built from rows: no writes, no HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from detections.incidents.actions import page_part as actions
from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident, SeverityLevel
from detections.incidents.pages.related import related
from detections.incidents.pages.suggestions import suggestions
from detections.incidents.postmortem import page_part as postmortem
from detections.incidents.postmortem.versions import is_finished
from detections.incidents.record.status import choices, goes_back
from detections.incidents.similar import page_part as similar
from detections.incidents.timeline import page_part as timeline
from detections.incidents.updates import page_part as updates
from opsconsole.lib.text.humanize import duration

# In the order of the page.
PARTS = (updates, timeline, actions, postmortem, similar)


@dataclass(frozen=True)
class Acts:
    """What the visitor may do, and to what."""

    edit: bool
    command: bool
    close: bool
    reopen: bool
    forward: tuple[Incident.Status, ...]
    back: tuple[Incident.Status, ...]


def context(page: IncidentPage) -> dict[str, Any]:
    """The head, what the incident has to do with, and its parts, each with the queries that it says."""
    found: dict[str, Any] = {"crumbs": [("Incidents", reverse("incident_list")), (page.incident.name, None)]}
    found |= head(page)
    for part in PARTS:
        found |= part.context(page)
    return found


def head(page: IncidentPage) -> dict[str, Any]:
    """The head: status, severity, how long, who commands, and the acts. Seven queries; for who may edit two more for
    suggestions."""
    incident = page.incident
    level = SeverityLevel.objects.filter(pk=incident.severity).first() if incident.severity is not None else None
    found, acts = related(incident), acts_of(page)
    return {
        "incident": incident,
        "page": page,
        "acts": acts,
        "suggestions": suggestions(incident, [link.alert for link in found.alerts]) if acts.edit else (),
        "level": level,
        "lasted": lasted(page),
        "related": found,
        "mine": incident.commander is not None and incident.commander.user_id == page.user.pk,
        "severities": [level for level in Incident.Severity if level != incident.severity],
        **_postmortem(page),
    }


def acts_of(page: IncidentPage) -> Acts:
    """What the visitor may do now. Of a closed incident only who may edit closed ones changes anything but its
    status."""
    incident = page.incident
    closed = incident.status == Incident.Status.CLOSED
    command, close = page.may("command_incident"), page.user.has_perm("detections.close_incident")
    steps = choices(incident.status) if (close if closed else command) else ()
    return Acts(
        edit=page.may("change_incident"),
        command=command,
        close=close and incident.is_over and not closed,
        reopen=close and closed,
        forward=tuple(step for step in steps if not goes_back(incident.status, step)),
        back=tuple(step for step in steps if goes_back(incident.status, step)),
    )


def lasted(page: IncidentPage) -> str:
    """How long its impact lasted, or lasts: `1 h 30 min`; '' where the start is not known to the minute."""
    incident = page.incident
    if incident.started_at is None or incident.started_precision:
        return ""
    end = incident.resolved_at or page.now
    return duration(max((end - incident.started_at).total_seconds(), 0))


def _postmortem(page: IncidentPage) -> dict[str, bool]:
    """Whether its postmortem is asked for and not finished, and whether it should be by now. One query where it is
    asked for."""
    incident, due = page.incident, page.incident.postmortem_due_at
    waits = incident.status == Incident.Status.POSTMORTEM_DUE and not is_finished(incident)
    return {"postmortem_waits": waits, "postmortem_overdue": waits and due is not None and due < page.now}
