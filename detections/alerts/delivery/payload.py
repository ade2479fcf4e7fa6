"""The facts of a message, read once when it is queued."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from detections.alerts.causes.models import AlertGroup
from detections.alerts.causes.store import open_members
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.models import Alert
from detections.rules.models import Evidence, Severity
from detections.telemetry.bodies import unpack
from detections.telemetry.issues.scope import users_there
from detections.telemetry.models import Event
from detections.telemetry.routes import MORE
from opsconsole.lib.text.secrets import scrub_text

# Events are partitioned by day of receipt; an event may be received long after its slot.
EVENT_SEARCH = timedelta(days=2)
MEMBERS_NAMED = 10  # in a message; the alert's page lists all


def gather(alert: Alert, kind: str, *, group: AlertGroup, actor: str = "", why: str = "") -> MessageFacts:
    """The facts of a message of `kind` about `alert`, which leads `group`. At most three queries: for a sample event
    with its issue, for the others of the group, and for who has the alert where the caller has not read that."""
    facts: MessageFacts = {
        **_state(alert),
        "kind": kind,
        "alert": alert.pk,
        "url": settings.PUBLIC_URL + reverse("alert", args=[alert.pk]),
        "rule": alert.rule.identifier,
        "title": alert.rule.title,
        "severity": Severity(alert.severity).name.lower(),
        "group": alert.group_key,
        "project": alert.project.slug,
        "environment": alert.project_environment.name,
        "cause": alert.cause,
        "owner": alert.owner,
        "sentence": _sentence(alert),
        "events": alert.count or 0,
        "first_seen": alert.opened_at.isoformat(),
        "actor": actor,
        "why": why,
        "slot_end": alert.last_slot.isoformat(),
        "episode": str(group.episode),
        "others": group.others,
        "members": _members(group, alert),
    }
    if (record := record_of(alert)) is not None:
        facts = {**facts, **record.message_facts()}
    event = sample_events(alert.evidence, 1, bodies=True)
    return _scrubbed(facts | _of_event(event[0]) if event else facts)


def _scrubbed(facts: MessageFacts) -> MessageFacts:
    """The facts without secrets. Events are scrubbed as they come; earlier ones, and what people wrote, need not be."""
    clean = {name: scrub_text(text) if isinstance(text, str) else text for name, text in facts.items() if name != "url"}
    return cast("MessageFacts", {**clean, "url": facts["url"]})


def _state(alert: Alert) -> MessageFacts:
    """Who has the alert, empty where nobody does, and whether it flaps."""
    by = alert.acknowledged_by if alert.handling == Alert.Handling.ACKNOWLEDGED else None
    name = (by.get_full_name() or by.get_username()) if by else ""
    return {"acknowledged_by": name, "quiet": alert.flapping_since is not None}


def _members(group: AlertGroup, alert: Alert) -> str:
    """The other open alerts of the group, the strongest first; those of its rule by what it groups by."""
    if not group.others:
        return ""
    rows = open_members(group).exclude(pk=alert.pk).select_related("rule", "project_environment__project")
    shown = [
        row.group_key if row.group_key and row.rule_id == alert.rule_id else str(row) for row in rows[:MEMBERS_NAMED]
    ]
    more = group.others - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _sentence(alert: Alert) -> str:
    """That of the evidence; of a shared alert, how many scopes fire within it and what the severest does."""
    sentence = alert.evidence.sentence if alert.evidence else ""
    if alert.group_key != MORE or not alert.members_firing:
        return sentence
    groups = "group fires" if alert.members_firing == 1 else "groups fire"
    severest = alert.evidence.data.get("group", "") if alert.evidence else ""
    return f"{alert.members_firing:,} more {groups}, the severest on {severest}: {sentence}"


def sample_events(evidence: Evidence | None, limit: int, *, bodies: bool = False) -> list[Event]:
    """The stored events that the evidence names, newest first, at most `limit`, with issues; without bodies unless
    asked."""
    ids = [UUID(event_id) for event_id in _event_ids(evidence)]
    if evidence is None or not ids:
        return []
    since = evidence.slot_end - EVENT_SEARCH
    events = Event.objects.filter(event_id__in=ids, received_at__gte=since, received_at__lt=since + 2 * EVENT_SEARCH)
    rows = events.select_related("issue").annotate(users=users_there()).order_by("-occurred_at", "-id")
    return list((rows if bodies else rows.defer("body"))[:limit])


def _event_ids(evidence: Evidence | None) -> list[str]:
    data: dict[str, Any] = evidence.data if evidence else {}
    return list(data.get("events", []))


def _of_event(event: Event) -> MessageFacts:
    text = f"{event.exception_type}: {event.message}" if event.exception_type else event.message
    facts: MessageFacts = {"message": text, "release": event.release, "users": event.users}  # type: ignore[attr-defined]
    return facts | {"organization": _organization(event)}


def _organization(event: Event) -> str:
    """`org_456 (Church of the Valley)`: the tag `org_id`, or that of the user, and the name in the context
    `organization_details`, or the tag `org_name`. In a flood most events have no body, and so no context."""
    try:
        body = unpack(event.body) or {}
    except ValueError:
        body = {}
    tags: dict[str, str] = event.tags
    number = tags.get("org_id") or _text_in(body, "user", "org_id")
    name = _text_in(body, "contexts", "organization_details", "org_name") or tags.get("org_name", "")
    return f"{number} ({name})" if number and name else number or name


def _text_in(body: object, *path: str) -> str:
    """The text at the path; empty without one, whatever else is there."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return str(body) if isinstance(body, str | int) else ""
