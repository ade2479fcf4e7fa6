"""Queues messages about incidents, which no policy routes and nothing holds back: the targets are named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast
from uuid import uuid4

from django.db.models import Max

from detections.alerts.channels.incident_facts import DUE, KINDS, NAME, NO_UPDATES, IncidentFacts, alert_severity
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.delivery.drafts import Recipients, to_recipients
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import stored_secrets
from opsconsole.lib.text.secrets import scrub_lines

# Of such a message to one person: a pager rings for it, and nothing closes an issue.
NOT_TOLD_ALONE = frozenset({"jira"})


def takes(target: Target, kind: str) -> bool:
    """Whether the target is told of incidents: PagerDuty, Opsgenie and Jira make incidents, alerts and
    issues of messages, so they get no updates; what concerns one person rings their pager."""
    without = NOT_TOLD_ALONE if kind == DUE else NO_UPDATES if kind in KINDS else frozenset()
    if without & {target.channel, target.intended_channel}:
        return False
    return kind != NAME or not _is_opsgenie(target)


def gets(target: Target, kind: str, actor: str) -> bool:
    """Whether a message goes there: as `takes`, and what no person asked for, as a reminder, rings no pager."""
    return takes(target, kind) and (bool(actor) or takes(target, NAME))


def _is_opsgenie(target: Target) -> bool:
    """It opens alerts, and apprise changes none of them."""
    return target.channel == "apprise" and stored_secrets(target).get("url", "").lower().startswith("opsgenie:")


def usable(targets: Iterable[Target]) -> list[Target]:
    """Those of the targets that get an incident's updates, without those whose variable left the environment."""
    there = (each for each in targets if each.enabled or not each.from_environment)
    return [each for each in there if takes(each, Delivery.Kind.INCIDENT)]


def queue_update(incident: IncidentFacts, to: Recipients, now: datetime, *, actor: str) -> list[Delivery]:
    """Queues an update of the incident for the targets, under its number. The caller has locked the incident."""
    return _queue(incident, Delivery.Kind.INCIDENT, incident["number"], to, now, actor)


def queue_due(incident: IncidentFacts, to: Recipients, now: datetime, *, actor: str) -> list[Delivery]:
    """Queues what concerns an owner for the owner's targets. The caller has locked the incident. Three queries."""
    kind = Delivery.Kind.INCIDENT_DUE
    targets = Target.objects.in_bulk(to.targets)
    told = [pk for pk in to.targets if pk in targets and gets(targets[pk], kind, actor)]
    last = Delivery.objects.filter(incident=incident["id"]).aggregate(last=Max("sequence"))["last"] or 0
    return _queue(incident, kind, last + 1, Recipients(told, to.named_by, to.why), now, actor)


def _queue(
    incident: IncidentFacts, kind: Delivery.Kind, sequence: int, to: Recipients, now: datetime, actor: str
) -> list[Delivery]:
    drafts = to_recipients(to, now)
    if not drafts:
        return []
    facts: MessageFacts = {
        "kind": kind.value,
        "url": incident["url"],
        "title": scrub_lines(incident["title"]),
        "severity": alert_severity(incident),
        "episode": _key(incident["id"]),
        "actor": actor,
        "incident": _scrubbed(incident),
    }
    for draft in drafts:
        draft.incident_id, draft.sequence, draft.kind = incident["id"], sequence, kind
        draft.payload = {**facts, "message_id": str(uuid4())}
        draft.queued_at = draft.next_attempt_at = now
    return Delivery.objects.bulk_create(drafts)


def _key(incident_id: int) -> str:
    """One of all messages of the incident, stored with them: a number is given again by every console."""
    earlier = Delivery.objects.filter(incident=incident_id).order_by("pk").first()
    return str(earlier.payload["episode"]) if earlier else str(uuid4())


def _scrubbed(incident: IncidentFacts) -> IncidentFacts:
    clean = {name: scrub_lines(value) if isinstance(value, str) else value for name, value in incident.items()}
    return cast("IncidentFacts", {**clean, "url": incident["url"]})
