"""Fills in what an incident is declared with from the alerts that it is declared of. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db.models import Min, QuerySet

from detections.alerts.alert_subject import subject_of
from detections.alerts.delivery.payload import EVENT_SEARCH
from detections.alerts.models import Alert
from detections.alerts.routing.match_policies import match_policies
from detections.alerts.routing_models import Target
from detections.alerts.routing_queries import routing_tree
from detections.incidents.models import TITLE_LENGTH, Incident
from detections.incidents.record.draft import IncidentDraft
from detections.rules.evidence.base import SHAPE
from detections.rules.models import Severity
from detections.telemetry.models import Event
from opsconsole.accounts.models import Owner

SEV = Incident.Severity
OF_ALERTS: Mapping[int, Incident.Severity] = MappingProxyType(
    {Severity.CRITICAL: SEV.SEV_1, Severity.HIGH: SEV.SEV_2, Severity.MEDIUM: SEV.SEV_3}
)
NOT_TOLD = ("pagerduty", "jira")  # channels that take alerts, but no updates of an incident


def draft_from(alerts: Sequence[Alert], now: datetime, *, commander: Owner | None = None) -> IncidentDraft:
    """A draft of alerts that were loaded by `alerts_of`; without any, an empty one of the third severity. Four queries,
    none without alerts."""
    if not alerts:
        return IncidentDraft(title="", severity=SEV.SEV_3, commander=commander)
    return IncidentDraft(
        title=title_of(alerts),
        severity=OF_ALERTS[max(alert.severity for alert in alerts)],
        started_at=min(start_of(alerts), now),
        commander=commander,
        alerts=tuple(alert.pk for alert in alerts),
        places=tuple(dict.fromkeys(alert.project_environment_id for alert in alerts)),
        targets=targets_of_policies(alerts, now),
    )


def alerts_of(ids: Sequence[int], *, group: int | None = None, limit: int = 200) -> list[Alert]:
    """The alerts of these ids, and the open ones of a group; the severest first, then the earliest. One query."""
    rows = Alert.objects.select_related("rule", "version", "project", "project_environment__project", "evidence")
    wanted = rows.filter(pk__in=ids)
    if group is not None:
        wanted = wanted | rows.filter(grouped__group=group, dedup_key__isnull=False)
    return list(wanted.order_by("-severity", "opened_at", "pk")[:limit])


def title_of(alerts: Sequence[Alert]) -> str:
    """What the severest says: its likely cause, else where errors are or its rule, and where; how many others there
    are."""
    first, places = alerts[0], {alert.where for alert in alerts}
    counts = first.group_key.startswith("/") and first.evidence is not None and SHAPE not in first.evidence.data
    what = first.cause or (f"Errors on {first.group_key}" if counts else first.rule.title)
    where = first.where if len(places) == 1 else f"{len(places)} places"
    group = f" on {first.group_key}" if first.group_key and len(alerts) == 1 and first.group_key not in what else ""
    others = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    tail = f"{others} in {where}"
    head = f"{what}{group}"
    room = TITLE_LENGTH - len(tail)
    return f"{head if len(head) <= room else head[: room - 1] + '…'}{tail}"[:TITLE_LENGTH]


def start_of(alerts: Sequence[Alert]) -> datetime:
    """When the first event of their evidence occurred, or the first alert opened, whichever is earlier. One query."""
    opened = min(alert.opened_at for alert in alerts)
    slots = [alert.evidence.slot_end for alert in alerts if alert.evidence]
    ids = [UUID(each) for alert in alerts if alert.evidence for each in alert.evidence.data.get("events", [])]
    if not ids:
        return opened
    since, until = min(slots) - EVENT_SEARCH, max(slots) + EVENT_SEARCH
    events = Event.objects.filter(event_id__in=ids, received_at__gte=since, received_at__lt=until)
    first: datetime | None = events.aggregate(first=Min("occurred_at"))["first"]
    return min(first, opened) if first else opened


def targets_of_policies(alerts: Sequence[Alert], now: datetime) -> tuple[int, ...]:
    """The targets that the alerts' policies name now, without those of daily summaries, and without those that take no
    updates. Three queries."""
    tree = routing_tree()
    matches = [match for alert in alerts for match in match_policies(tree, subject_of(alert), now).matches]
    named = {target for match in matches if not match.node.summary for target in match.node.targets}
    return tuple(told().filter(pk__in=named).values_list("pk", flat=True))


def told() -> QuerySet[Target]:
    """The targets that take updates; of those that are not connected yet the channel counts that is meant."""
    enabled = Target.objects.filter(enabled=True)
    return enabled.exclude(channel__in=NOT_TOLD).exclude(intended_channel__in=NOT_TOLD)
