"""Reads of alerts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from bootstrap.runbooks.models import Runbook
from detections.alerts.filters import ANY, OPEN, SEVERITIES, AlertCriteria
from detections.alerts.models import Alert, AlertLog, AlertMember, Delivery, DeliveryAttempt
from detections.alerts.routing.match_policies import PolicyNode
from detections.alerts.routing.time_windows import WeeklyWindow
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Rule
from detections.telemetry.models import Project
from detections.telemetry.routes import MORE

OPEN_STATUSES = (Alert.Status.FIRING, Alert.Status.RECOVERING)
NAMED = (
    *("rule", "version", "scope", "project", "project_environment__project", "evidence"),
    *("acknowledged_by", "resolved_by"),
)
# What the row of an open alert shows; planning the join of all of NAMED takes longer than reading ten rows.
IN_ROWS = ("rule", "project", "project_environment", "evidence", "acknowledged_by")
IN_ROWS_ONLY = (
    *("rule__identifier", "project__slug", "project_environment__name", "project_environment__project"),
    *("evidence__sentence", "evidence__data", "acknowledged_by__username", "resolved_by"),
    *("group_key", "severity", "status", "cause", "revision", "dedup_key", "flapping_since"),
    *("acknowledged_at", "reminded_at", "due_at", "opened_at", "resolved_at"),
)
# And what that of one in the list does, which may be over.
IN_LISTS = ("project_environment__project", "resolved_by")
IN_LISTS_ONLY = ("project_environment__project__slug", "resolved_by__username")
IS_ACKNOWLEDGED = Case(When(handling=Alert.Handling.UNACKNOWLEDGED, then=Value(0)), default=Value(1))
# How many scopes the alert speaks for: more than one is the alert that scopes share in a flood. GREATEST ignores NULL.
STANDS_FOR = Greatest("members_firing", Value(1))


@dataclass(frozen=True)
class OpenAlerts:
    """Alerts that fire or recover: the first rows, the number of all, and the number of unacknowledged ones."""

    rows: list[Alert]
    total: int
    unacknowledged: int

    @property
    def more(self) -> int:
        """The number of alerts beyond the rows."""
        return self.total - len(self.rows)


def evidence_in_use() -> list[QuerySet[Any]]:
    """Queries of the ids of evidence that alerts and their logs refer to."""
    referring: list[QuerySet[Any]] = [Alert.objects.all(), AlertLog.objects.all(), AlertMember.objects.all()]
    return [rows.filter(evidence__isnull=False).values("evidence_id") for rows in referring]


def open_alerts(limit: int = 10) -> OpenAlerts:
    """Alerts that fire or recover, at most `limit` rows: the most severe first, among these unacknowledged ones, then
    those that stand for most scopes, then the newest. Two queries."""
    is_open = Q(status__in=OPEN_STATUSES)
    unacknowledged = Count("pk", filter=Q(handling=Alert.Handling.UNACKNOWLEDGED))
    counted = Alert.objects.filter(is_open).aggregate(total=Count("pk"), unacknowledged=unacknowledged)
    rows = (
        Alert.objects.select_related(*IN_ROWS)
        .only(*IN_ROWS_ONLY)
        .filter(is_open)
        .order_by("-severity", IS_ACKNOWLEDGED, STANDS_FOR.desc(), "-opened_at", "-id")[:limit]
    )
    shown = list(rows)
    for alert in shown:
        alert.project_environment.project = alert.project  # an alert without a group is named after both
    return OpenAlerts(shown, counted["total"], counted["unacknowledged"])


def open_alerts_of(keys: Collection[ScopeKey]) -> dict[ScopeKey, Alert]:
    """By scope, its alert that fires or recovers, of which only severity and opening are loaded; that which it fires
    within where it has none of its own. One query, and one where such a shared alert is open."""
    groups = {key.group_key for key in keys}
    rows = Alert.objects.only("rule_id", "project_environment_id", "group_key", "severity", "opened_at").filter(
        status__in=OPEN_STATUSES,
        rule__in={key.rule_id for key in keys},
        project_environment__in={key.project_environment_id for key in keys},
        group_key__in=groups | {MORE},
    )
    by_key = {scope_key_of(alert): alert for alert in rows}
    if shared := {alert.pk: alert for alert in by_key.values() if alert.group_key == MORE}:
        firing = AlertMember.objects.filter(alert__in=shared, cleared_at__isnull=True, scope__group_key__in=groups)
        for pk, group in firing.values_list("alert_id", "scope__group_key"):
            by_key.setdefault(scope_key_of(shared[pk])._replace(group_key=group), shared[pk])
    return {key: alert for key, alert in by_key.items() if key in keys}


def scope_key_of(alert: Alert) -> ScopeKey:
    """The key of the alert's scope."""
    return ScopeKey(alert.rule_id, alert.project_environment_id, alert.group_key)


def alerts() -> QuerySet[Alert]:
    """All alerts with the related rows that pages and the API show."""
    return Alert.objects.select_related(*NAMED)


def sortable(filters: AlertCriteria) -> QuerySet[Alert]:
    """As `matching`, annotated with `is_acknowledged` (0 or 1) and `stands_for` (1 or more scopes) to sort by; of each
    only what its row shows is read."""
    rows = matching(filters).select_related(None).select_related(*IN_ROWS, *IN_LISTS)
    return rows.only(*IN_ROWS_ONLY, *IN_LISTS_ONLY).annotate(is_acknowledged=IS_ACKNOWLEDGED, stands_for=STANDS_FOR)


def names(alert_ids: Collection[int]) -> dict[int, str]:
    """By id, the name of an alert: rule and group key."""
    return {alert.pk: str(alert) for alert in alerts().filter(pk__in=alert_ids)}


def matching(filters: AlertCriteria) -> QuerySet[Alert]:
    """The alerts that `filters` let through, unordered."""
    rows = alerts()
    if filters.condition == OPEN:
        rows = rows.filter(status__in=OPEN_STATUSES)
    elif filters.condition != ANY:
        rows = rows.filter(status=filters.condition)
    if filters.rule:
        rows = rows.filter(rule__identifier=filters.rule)
    if filters.project:
        rows = rows.filter(project__slug=filters.project)
    if filters.handling:
        rows = rows.filter(handling=filters.handling)
    if filters.severity:
        rows = rows.filter(severity=SEVERITIES[filters.severity])
    return rows


def open_by_severity() -> dict[int, int]:
    """By severity, the number of alerts that fire or recover."""
    rows = Alert.objects.filter(status__in=OPEN_STATUSES).values_list("severity")
    return dict(rows.annotate(n=Count("pk")).order_by())


def rules_with_alerts() -> list[str]:
    """Identifiers of rules that have alerts."""
    alerts_of = Alert.objects.filter(rule=OuterRef("pk"))
    return list(Rule.objects.filter(Exists(alerts_of)).values_list("identifier", flat=True))


def projects_with_alerts() -> list[Project]:
    """Projects that have alerts."""
    return list(Project.objects.filter(Exists(Alert.objects.filter(project=OuterRef("pk")))))


def log_of(alert: Alert) -> list[AlertLog]:
    """The log of an alert, oldest first."""
    return list(alert.log.select_related("version", "evidence"))


def runbooks_for(alert: Alert) -> list[Runbook]:
    """The runbooks of the system that the alert's environment belongs to. One query."""
    return list(Runbook.objects.filter(system__environments=alert.project_environment.environment_id))


def members_of(alert: Alert, most: int, *, evidence: bool = True) -> list[AlertMember]:
    """The scopes within a shared alert: those that fire first, then the severest, then those with the most events; at
    most `most`. One query, of the evidence too unless it is left out."""
    rows = alert.members.select_related("scope", *(["evidence"] if evidence else []))
    over = Case(When(cleared_at__isnull=True, then=Value(0)), default=Value(1))
    return list(rows.order_by(over, "-severity", F("count").desc(nulls_last=True), "scope__group_key")[:most])


def deliveries_of(alert: Alert) -> list[Delivery]:
    """The alert's deliveries by sequence, with targets and attempts. Two queries."""
    attempts = Prefetch("attempts", DeliveryAttempt.objects.order_by("number"))
    rows = alert.deliveries.select_related("target").prefetch_related(attempts)
    return list(rows.order_by("sequence", "target__name"))


def routing_tree() -> tuple[PolicyNode, ...]:
    """All policies as the pure tree of `routing.match_policies`, in order. Two queries."""
    rows = NotificationPolicy.objects.select_related("window").prefetch_related("targets")
    return tuple(_node(row) for row in rows)


def fallback_targets() -> list[Target]:
    """Where dead letters go: the target that is the fallback; while none is, the targets of the last policy, which
    catches all. Switched-off ones and those that only the console shows are left out. At most two queries."""
    reachable = Target.objects.filter(enabled=True).exclude(channel="console")
    if chosen := list(reachable.filter(fallback=True)):
        return chosen
    last = NotificationPolicy.objects.filter(parent__isnull=True).order_by("-order")[:1]
    return list(reachable.filter(policies__in=last.values("pk")).order_by("pk"))


def window_of(row: TimeWindow) -> WeeklyWindow:
    """The pure window of a row."""
    return WeeklyWindow(row.name, row.zone, frozenset(row.weekdays), row.start, row.end, frozenset(row.holidays))


def _node(row: NotificationPolicy) -> PolicyNode:
    return PolicyNode(
        id=row.pk,
        order=row.order,
        name=row.name,
        parent=row.parent_id,
        matchers=row.matchers,
        window=window_of(row.window) if row.window else None,
        outside_window=row.outside_window,
        continue_matching=row.continue_matching,
        summary=row.delivery == NotificationPolicy.Delivery.SUMMARY,
        targets=tuple(target.pk for target in _used(row)),
        labels=tuple(t.address for t in row.targets.all() if t.channel == "console" and t.intended_channel == "slack"),
    )


def _used(row: NotificationPolicy) -> list[Target]:
    """The policy's targets without those whose variable left the environment; all of them where otherwise the alert
    would get none: it becomes a dead letter, which people see."""
    targets = list(row.targets.all())
    used = [target for target in targets if target.enabled or not target.from_environment]
    return used if used or row.continue_matching else targets
