"""Reads of alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value, When, Window
from django.db.models.functions import Greatest, RowNumber

from bootstrap.runbooks.models import Runbook
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.filters import ANY, GROUPED, NOBODY, OPEN, SEVERITIES, UNJUDGED, AlertCriteria
from detections.alerts.models import Alert, AlertLog, AlertMember
from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Rule
from detections.telemetry.models import Project
from detections.telemetry.routes import MORE
from opsconsole.accounts.models import User

OPEN_STATUSES = (Alert.Status.FIRING, Alert.Status.RECOVERING)
NAMED = (
    *("rule", "version", "scope", "project", "project_environment__project", "evidence"),
    *("acknowledged_by", "resolved_by", "assignee", "grouped__group"),
)
# What the row of an open alert shows; planning the join of all of NAMED takes longer than reading ten rows.
IN_ROWS = ("rule", "project", "project_environment", "evidence", "acknowledged_by", "assignee", "grouped__group")
IN_ROWS_ONLY = (
    *("rule__identifier", "project__slug", "project_environment__name", "project_environment__project"),
    *("evidence__sentence", "evidence__data", "acknowledged_by__username", "assignee__name", "resolved_by"),
    *("group_key", "severity", "status", "cause", "revision", "dedup_key", "flapping_since"),
    *("acknowledged_at", "reminded_at", "due_at", "opened_at", "resolved_at", "members_firing", "disposition"),
    *("grouped__group__leader", "grouped__group__size", "grouped__group__kind"),
)
# And what that of one in the list does, which may be over.
IN_LISTS = ("project_environment__project", "resolved_by")
IN_LISTS_ONLY = ("project_environment__project__slug", "resolved_by__username")
IS_ACKNOWLEDGED = Case(When(handling=Alert.Handling.UNACKNOWLEDGED, then=Value(0)), default=Value(1))
IS_RECOVERING = Case(When(status=Alert.Status.RECOVERING, then=Value(1)), default=Value(0))
IS_FIRING = Case(When(status=Alert.Status.RECOVERING, then=Value(0)), default=Value(1))
# How many alerts or scopes it speaks for: those of its group, or that share it in a flood. GREATEST ignores NULL.
STANDS_FOR = Greatest("members_firing", "grouped__group__size", Value(1))
# Alerts of one cause are one line: that of the leader. One that never fired is in no group.
IS_LINE = Q(grouped__isnull=True) | Q(grouped__group__leader=F("pk"))
OTHERS_SHOWN = 20  # under a line
OTHERS_ONLY = ("rule__identifier", "group_key", "severity", "status", "grouped__group")  # what is shown of each


@dataclass(frozen=True)
class OpenAlerts:
    """Alerts that fire or recover, one of each group: the first rows, the number of all, and the number of
    unacknowledged ones."""

    rows: list[Alert]
    total: int
    unacknowledged: int

    @property
    def more(self) -> int:
        """The number of lines beyond the rows."""
        return self.total - len(self.rows)


def evidence_in_use() -> list[QuerySet[Any]]:
    """Queries of the ids of evidence that alerts and their logs refer to."""
    referring: list[QuerySet[Any]] = [Alert.objects.all(), AlertLog.objects.all(), AlertMember.objects.all()]
    return [rows.filter(evidence__isnull=False).values("evidence_id") for rows in referring]


def open_alerts(limit: int = 10) -> OpenAlerts:
    """Alerts that fire or recover, of each group its leader, at most `limit` rows: those that fire first, then the most
    severe, among these unacknowledged ones, then those that stand for most, then the newest. Two queries, one more
    where a group has several."""
    is_open = Q(status__in=OPEN_STATUSES) & IS_LINE
    unacknowledged = Count("pk", filter=Q(handling=Alert.Handling.UNACKNOWLEDGED))
    counted = Alert.objects.filter(is_open).aggregate(total=Count("pk"), unacknowledged=unacknowledged)
    rows = (
        Alert.objects.select_related(*IN_ROWS)
        .only(*IN_ROWS_ONLY)
        .filter(is_open)
        .order_by(IS_RECOVERING, "-severity", IS_ACKNOWLEDGED, STANDS_FOR.desc(), "-opened_at", "-id")[:limit]
    )
    shown = list(rows)
    for alert in shown:
        alert.project_environment.project = alert.project  # an alert without a group is named after both
    with_others(shown)
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
    return Alert.objects.select_related(*NAMED, "grouped__group__escalation")


def one_alert(pk: int) -> Alert | None:
    """The alert as of `alerts`, with what its own page looks at beside it."""
    return alerts().select_related("project_environment__environment").filter(pk=pk).first()


def sortable(filters: AlertCriteria) -> QuerySet[Alert]:
    """As `matching`, annotated to sort by with `is_acknowledged`, `recovers` and `fires` (0 or 1; `fires` is what does
    not recover) and `stands_for` (1 or more); of each only what its row shows is read. Of open alerts of one group the
    leader, where any of them matches."""
    found = matching(filters)
    rows = (
        (_lines(found, filters) if filters.condition in GROUPED else found)
        .select_related(None)
        .select_related(*IN_ROWS, *IN_LISTS)
    )
    rows = rows.annotate(
        is_acknowledged=IS_ACKNOWLEDGED, recovers=IS_RECOVERING, fires=IS_FIRING, stands_for=STANDS_FOR
    )
    return rows.only(*IN_ROWS_ONLY, *IN_LISTS_ONLY)


def _lines(found: QuerySet[Alert], filters: AlertCriteria) -> QuerySet[Alert]:
    if filters == AlertCriteria(condition=OPEN):
        return found.filter(IS_LINE)
    in_group = found.filter(grouped__group=OuterRef("grouped__group")).order_by()
    matches = Q(pk__in=found.order_by().values("pk")) | Exists(in_group)
    return alerts().filter(IS_LINE, matches, status__in=OPEN_STATUSES)


def with_others(rows: Sequence[Alert]) -> None:
    """Sets `others` of each leader to the other open alerts of its group, the strongest first, at most OTHERS_SHOWN.
    One query where a group has several."""
    led = {row.grouped.group_id: row for row in rows if hasattr(row, "grouped") and leads_others(row)}
    others = list(_strongest(led)) if led else []
    for group, row in led.items():
        row.others = [other for other in others if other.grouped.group_id == group]


def leads_others(alert: Alert) -> bool:
    """Whether open alerts are told with this one, which leads. Load its group with it."""
    group = alert.grouped.group
    return group.leader_id == alert.pk and group.size > 1


def _strongest(groups: Collection[int]) -> QuerySet[Alert]:
    """Of each group its open alerts but the leader, the strongest first, at most OTHERS_SHOWN."""
    place = Window(RowNumber(), partition_by=F("grouped__group"), order_by=[F("severity").desc(), F("pk").asc()])
    followers = Alert.objects.filter(grouped__group__in=groups, dedup_key__isnull=False).exclude(IS_LINE)
    rows = followers.annotate(place=place).filter(place__lte=OTHERS_SHOWN).select_related("rule", "grouped")
    return rows.only(*OTHERS_ONLY).order_by("grouped__group", "place")


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
    if filters.label:
        name, _, value = filters.label.partition("=")
        rows = rows.filter(version__spec__labels__contains={name: value})
    if filters.disposition:
        rows = rows.filter(disposition="" if filters.disposition == UNJUDGED else filters.disposition)
    return rows.filter(_responder(filters.responder)) if filters.responder else rows


def _responder(name: str) -> Q:
    if name == NOBODY:
        return Q(acknowledged_by__isnull=True, assignee__isnull=True)
    return Q(acknowledged_by__username=name) | Q(assignee__user__username=name)


def open_by_severity() -> dict[int, int]:
    """By severity, the number of alerts that fire or recover."""
    rows = Alert.objects.filter(status__in=OPEN_STATUSES).values_list("severity")
    return dict(rows.annotate(n=Count("pk")).order_by())


def rules_with_alerts() -> dict[str, dict[str, str]]:
    """Identifiers of rules that have alerts, with the labels of their current versions."""
    alerts_of = Alert.objects.filter(rule=OuterRef("pk"))
    rules = Rule.objects.filter(Exists(alerts_of)).order_by("identifier")
    return {rule: labels or {} for rule, labels in rules.values_list("identifier", "current__spec__labels")}


def responders() -> list[str]:
    """User names of those who have acknowledged alerts that are open or are assigned to them."""
    is_open = Alert.objects.filter(dedup_key__isnull=False)
    has_any = Exists(is_open.filter(acknowledged_by=OuterRef("pk"))) | Exists(
        is_open.filter(assignee__user=OuterRef("pk"))
    )
    return list(User.objects.filter(has_any).order_by("username").values_list("username", flat=True))


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


def responders_of(alert: Alert) -> list[str]:
    """The names of the owners who were called to the alert and not called off. One query."""
    return list(alert.responders.filter(stopped_at__isnull=True).values_list("owner__name", flat=True))


def deliveries_of(alert: Alert) -> list[Delivery]:
    """The deliveries of the alert and of its group in their order, with targets and attempts. Two queries."""
    attempts = Prefetch("attempts", DeliveryAttempt.objects.order_by("number"))
    group = alert.grouped.group_id if hasattr(alert, "grouped") else None
    of_both = Delivery.objects.filter(Q(alert=alert) | Q(group=group)) if group else alert.deliveries.all()
    rows = of_both.select_related("target", "summary").prefetch_related(attempts)
    return list(rows.order_by("queued_at", "sequence", "target__name"))
