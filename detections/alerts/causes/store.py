"""Joins alerts to groups, and takes closed ones out. Call everything here within a transaction, holding `lock`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from detections.alerts.causes.choose import Cause, GroupChoice, LeaderCandidate, choose_groups, leader_of
from detections.alerts.causes.companions import companions_of, keys_of
from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.causes.narrower import parent_of
from detections.alerts.models import Alert

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
RELATED = ("rule", "version", "project", "project_environment", "evidence", "acknowledged_by")


@dataclass(frozen=True)
class Joined:
    """The group that an alert joined. `absorbed` are groups with their former leaders that became part of it;
    `rule_is_new`: no alert of its rule was in it; `led_before` is who led it, where the alert leads now."""

    group: AlertGroup
    is_new: bool = False
    absorbed: tuple[tuple[AlertGroup, Alert], ...] = ()
    rule_is_new: bool = False
    led_before: Alert | None = None


def lock(project_environment_id: int) -> None:
    """Serialises what opens alerts or changes groups in an environment, until the transaction ends. Lock scopes and
    alerts before; whoever holds it waits for no other lock."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"detections.alerts/{project_environment_id}"])


def group_of(alert: Alert) -> AlertGroup | None:
    """The alert's group with its leader, as it is now; None before the alert fires. One query."""
    groups = AlertGroup.objects.select_related("leader", *(f"leader__{name}" for name in RELATED))
    return groups.filter(alerts__alert=alert).first()


def read_groups(ids: Collection[int]) -> list[AlertGroup]:
    """The groups with their leaders, as they are now. No query without ids, else one."""
    if not ids:
        return []
    groups = AlertGroup.objects.select_related("leader", *(f"leader__{name}" for name in RELATED))
    return list(groups.filter(pk__in=ids).order_by("pk"))


def led_by(alert: Alert) -> AlertGroup | None:
    """The group that the alert leads: messages of its cause are about this alert. None before it fires, and where
    another one leads. One query."""
    group = group_of(alert)
    return group if group is not None and group.leader_id == alert.pk else None


def open_members(group: AlertGroup) -> QuerySet[Alert]:
    """The open alerts of the group, the leader too, the strongest first."""
    return Alert.objects.filter(grouped__group=group, dedup_key__isnull=False).order_by("-severity", "id")


def join(alert: Alert, now: datetime) -> Joined:
    """Puts a saved alert that begins to fire into its group, which may be a new one."""
    keys = keys_of(alert)
    choice = choose_groups(companions_of(alert, keys))
    joined = _join(alert, choice, now) if choice.groups else Joined(_new_group(alert, now), is_new=True)
    GroupedAlert.objects.create(alert=alert, group=joined.group, failure=keys.failure, issue=keys.issue, joined_at=now)
    return joined


def start_group(alert: Alert, now: datetime) -> AlertGroup:
    """A group of the alert alone."""
    group = _new_group(alert, now)
    GroupedAlert.objects.create(alert=alert, group=group, joined_at=now)
    return group


def _new_group(alert: Alert, now: datetime) -> AlertGroup:
    return AlertGroup.objects.create(leader=alert, opened_at=now)


def _join(alert: Alert, choice: GroupChoice, now: datetime) -> Joined:
    related = ("leader", *(f"leader__{name}" for name in RELATED))
    rows = AlertGroup.objects.select_related(*related).filter(pk__in=choice.groups).order_by("pk")
    groups = {group.leader_id: group for group in rows if group.leader is not None}
    candidates = [candidate_of(group.leader, leads=True) for group in groups.values() if group.leader]
    group = groups.pop(leader_of(candidates).id)
    absorbed = tuple((each, each.leader) for each in groups.values() if each.leader is not None)
    if absorbed:
        _absorb(group, [each for each, _ in absorbed], now)
    rules = GroupedAlert.objects.filter(group=group, alert__rule=alert.rule_id)
    rule_is_new = not rules.exists()
    group.size += 1
    if group.kind == AlertGroup.Kind.ALONE or choice.cause is Cause.NARROWER:
        group.kind = choice.cause.value
    led_before = lead_by_strongest(group, [alert])
    group.save()
    return Joined(group, absorbed=absorbed, rule_is_new=rule_is_new, led_before=led_before)


def take_out(alert: Alert, group: AlertGroup) -> None:
    """Takes an open alert that does not lead out of its group, to join another."""
    GroupedAlert.objects.filter(alert=alert).delete()
    group.size -= 1
    group.save()


def _absorb(group: AlertGroup, others: Sequence[AlertGroup], now: datetime) -> None:
    """Moves the alerts of the others into the group, and closes them."""
    ids = [other.pk for other in others]
    AlertGroup.objects.filter(pk__in=ids).update(leader=None, size=0, closed_at=now, repeat_at=None)
    GroupedAlert.objects.filter(group__in=ids).update(group=group)
    group.size += sum(other.size for other in others)
    group.severity = max(group.severity, *(other.severity for other in others))
    group.repeat_at = min((at for each in (group, *others) if (at := each.repeat_at) is not None), default=None)


def lead_by_strongest(group: AlertGroup, alerts: Collection[Alert]) -> Alert | None:
    """Lets the strongest of the leader and `alerts`, of the group, lead; does not save. Who led before, where that was
    another."""
    known = {alert.pk: alert for alert in alerts}
    if group.leader is not None and group.leader.dedup_key is not None:
        known.setdefault(group.leader.pk, group.leader)
    before = group.leader
    candidates = [candidate_of(alert, leads=before is not None and alert.pk == before.pk) for alert in known.values()]
    group.leader = known[leader_of(candidates).id]
    return before if before is not None and before.pk != group.leader.pk else None


def candidate_of(alert: Alert, *, leads: bool) -> LeaderCandidate:
    """The alert as one that may lead. The only place that knows whether it may be told."""
    return LeaderCandidate(alert.pk, alert.severity, narrower=bool(parent_of(alert)), leads=leads)


def leave(alerts: Collection[Alert], now: datetime) -> list[tuple[AlertGroup, Alert | None]]:
    """Takes closed alerts, of one environment, out of what is open in their groups; each group, with who led it before
    where another alert leads it now. One without open alerts is closed. Four queries, and one for each group."""
    related = ("group__leader", *(f"group__leader__{name}" for name in RELATED))
    left = list(GroupedAlert.objects.select_related(*related).filter(alert__in=alerts))
    GroupedAlert.objects.filter(alert__in=alerts).update(failure="", issue=None)
    groups = {row.group_id: row.group for row in left}
    open_ones: dict[int, list[Alert]] = {pk: [] for pk in groups}
    still = GroupedAlert.objects.filter(group__in=groups, alert__dedup_key__isnull=False)
    for row in still.select_related("alert", *(f"alert__{name}" for name in RELATED)):
        open_ones[row.group_id].append(row.alert)
    return [(group, _without(group, open_ones[pk], now)) for pk, group in sorted(groups.items())]


def _without(group: AlertGroup, still_open: Sequence[Alert], now: datetime) -> Alert | None:
    group.size = len(still_open)
    if not still_open:
        group.closed_at, group.repeat_at = now, None
        group.save()
        return None
    led_before = lead_by_strongest(group, still_open)
    # What was told of those that ended does not count for what becomes as severe later.
    group.severity = min(group.severity, max(alert.severity for alert in still_open))
    group.save()
    return led_before
