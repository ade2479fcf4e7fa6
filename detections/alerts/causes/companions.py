"""What an alert shares with open ones: the groups that it may belong to."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from detections.alerts.causes.choose import Companions
from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.causes.narrower import related_by_rule
from detections.alerts.models import Alert
from detections.rules.models import Evidence
from detections.telemetry.models import Event
from detections.telemetry.routes import MORE

STORM_WITHIN = timedelta(minutes=5)
# Events are partitioned by day of receipt; one may be received long after its slot.
EVENT_SEARCH = timedelta(days=2)
UNEXPLAINED = (AlertGroup.Kind.ALONE, AlertGroup.Kind.STORM)


class SharedKeys(NamedTuple):
    """By what an alert is found by others: the known failure, and the issue behind its events."""

    failure: str
    issue: int | None


def keys_of(alert: Alert) -> SharedKeys:
    """The alert's keys. One query where its evidence names events."""
    data = alert.evidence.data if alert.evidence else {}
    cause = data.get("cause") if data.get("signature") else ""
    failure = f"{alert.project_environment_id}/{cause}" if cause else ""
    return SharedKeys(failure, _issue_behind(alert.evidence))


def companions_of(alert: Alert, keys: SharedKeys) -> Companions:
    """The groups of open alerts that share something with the alert. Two queries."""
    narrower, shared = {other.pk for other in related_by_rule(alert)}, alert.group_key == MORE
    opened = alert.detected_at or alert.opened_at
    same_rule = Q(alert__rule=alert.rule_id, alert__project_environment=alert.project_environment_id)
    lately = same_rule if shared else same_rule & Q(alert__detected_at__gt=opened - STORM_WITHIN)
    recent = Q(pk__in=GroupedAlert.objects.filter(lately, alert__dedup_key__isnull=False).values("pk"))
    rows = GroupedAlert.objects.filter(alert__dedup_key__isnull=False).exclude(alert=alert)
    found = rows.filter(Q(pk__in=narrower) | _sharing(alert, keys) | recent)
    companions = list(found.select_related("group", "alert"))
    of_rule = [c for c in companions if _is_recent(c, alert)]
    return Companions(
        narrower={c.group_id for c in companions if c.pk in narrower},
        failure={c.group_id for c in companions if keys.failure and c.failure == keys.failure},
        issue={c.group_id for c in companions if _same_issue(c, alert, keys)},
        recent={c.pk: c.group_id for c in of_rule if not (shared and c.group.kind == AlertGroup.Kind.NARROWER)},
        unexplained={c.group_id for c in of_rule if c.group.kind in UNEXPLAINED},
        shared=shared,
    )


def _sharing(alert: Alert, keys: SharedKeys) -> Q:
    """Those with the same failure or issue: one of each is enough to find its group."""
    rows = GroupedAlert.objects.filter(alert__dedup_key__isnull=False)
    shared = Q(pk__in=rows.filter(failure=keys.failure).values("pk")[:1]) if keys.failure else Q(pk__in=())
    if keys.issue is None:
        return shared
    of_issue = rows.filter(issue=keys.issue, alert__project_environment=alert.project_environment_id)
    return shared | Q(pk__in=of_issue.values("pk")[:1])


def _is_recent(companion: GroupedAlert, alert: Alert) -> bool:
    other = companion.alert
    if other.rule_id != alert.rule_id or other.project_environment_id != alert.project_environment_id:
        return False
    opened, others = alert.detected_at or alert.opened_at, other.detected_at or other.opened_at
    return alert.group_key == MORE or others > opened - STORM_WITHIN


def _same_issue(companion: GroupedAlert, alert: Alert, keys: SharedKeys) -> bool:
    same_place = companion.alert.project_environment_id == alert.project_environment_id
    return keys.issue is not None and companion.issue == keys.issue and same_place


def _issue_behind(evidence: Evidence | None) -> int | None:
    """The issue of most of the events that the evidence names; of several the oldest. None where none is stored."""
    if evidence is None or not (named := evidence.data.get("events")):
        return None
    since = evidence.slot_end - EVENT_SEARCH
    events = Event.objects.filter(
        event_id__in=[UUID(event) for event in named], received_at__gte=since, received_at__lt=since + 2 * EVENT_SEARCH
    )
    counted = events.values("issue_id").annotate(n=Count("pk")).order_by("-n", "issue_id")
    most = counted.first()
    return most["issue_id"] if most else None
