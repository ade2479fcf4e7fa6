"""What an incident probably has to do with and is not linked to yet: issues of its alerts, and releases that appeared
around its start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from detections.alerts.delivery.payload import EVENT_SEARCH
from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.telemetry.models import Event, Issue
from detections.telemetry.releases.models import EnvironmentRelease

BEFORE = timedelta(hours=6)
MOST = 4  # of a kind
MOST_EVENTS = 500  # looked at


@dataclass(frozen=True)
class Suggestion:
    """A row to be linked: `kind` and id as `LinkDraft` has them."""

    kind: str
    pk: int
    text: str


def suggestions(incident: Incident, alerts: Iterable[Alert]) -> Sequence[Suggestion]:
    """Those of these alerts, which are loaded with their evidence. Two queries, one without events."""
    start = incident.started_at or incident.declared_at
    releases = EnvironmentRelease.objects.select_related("project_environment__project").filter(
        project_environment__incidents=incident,
        first_seen__gte=start - BEFORE,
        first_seen__lte=incident.resolved_at or start + BEFORE,
    )
    fresh = releases.exclude(incident_links__incident=incident).order_by("-first_seen", "-id")
    return [
        *(Suggestion("issue", issue.pk, str(issue)) for issue in _issues(incident, alerts)),
        *(Suggestion("release", release.pk, str(release)) for release in fresh[:MOST]),
    ]


def _issues(incident: Incident, alerts: Iterable[Alert]) -> Sequence[Issue]:
    """The issues behind the events that the alerts' evidence names, the most events first."""
    evidence = [alert.evidence for alert in alerts if alert.evidence is not None]
    ids = [UUID(each) for one in evidence for each in one.data.get("events", [])][:MOST_EVENTS]
    if not ids:
        return ()
    slots = [one.slot_end for one in evidence]
    within = {"received_at__gte": min(slots) - EVENT_SEARCH, "received_at__lt": max(slots) + EVENT_SEARCH}
    events = Event.objects.filter(event_id__in=ids, **within)
    issues = Issue.objects.filter(pk__in=events.values("issue")).exclude(incident_links__incident=incident)
    return list(issues.order_by("-events", "-pk")[:MOST])
