"""Reads of policies, windows and targets, as the pure values that `routing` decides on."""

from __future__ import annotations

from django.db.models import QuerySet

from detections.alerts.channels.console import PAGERS
from detections.alerts.channels.contract import never
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.routing.match_policies import PolicyNode
from detections.alerts.routing.time_windows import WeeklyWindow
from detections.alerts.routing.timing import PolicyTiming
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from detections.alerts.targets.values import stored_secrets


def routing_tree() -> tuple[PolicyNode, ...]:
    """All policies as the pure tree of `routing.match_policies`, in order. Two queries."""
    rows = NotificationPolicy.objects.select_related("window").prefetch_related("targets")
    return tuple(_node(row) for row in rows)


def fallback_targets() -> list[Target]:
    """Where dead letters go: the target that is the fallback; while none is, the targets of the last policy, which
    catches all. Switched-off ones and those that only the console shows are left out. At most two queries."""
    return list(_reachable().filter(fallback=True)) or last_targets()


def last_targets() -> list[Target]:
    """Those of the last policy, with the same left out. One query."""
    last = NotificationPolicy.objects.filter(parent__isnull=True).order_by("-order")[:1]
    return list(_reachable().filter(policies__in=last.values("pk")).order_by("pk"))


def pages(target: Target) -> bool:
    """Whether its messages call people at any hour, or would if the label were bound to the channel that is meant."""
    if target.channel == "console":
        return target.intended_channel in PAGERS
    of_channel = CHANNELS[target.channel].pages
    return of_channel is not never and of_channel({**target.settings, **stored_secrets(target)})


def _reachable() -> QuerySet[Target]:
    return Target.objects.filter(enabled=True).exclude(channel="console")


def window_of(row: TimeWindow) -> WeeklyWindow:
    """The pure window of a row."""
    return WeeklyWindow(row.name, row.zone, frozenset(row.weekdays), row.start, row.end, frozenset(row.holidays))


def _node(row: NotificationPolicy) -> PolicyNode:
    used = _used(row)
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
        targets=tuple(target.pk for target in used),
        pagers=frozenset(target.pk for target in used if pages(target)),
        escalation=row.escalation_id,
        labels=tuple(t.address for t in row.targets.all() if t.channel == "console" and t.intended_channel == "slack"),
        timing=timing_of(row),
        tags=tuple(row.tags),
    )


def timing_of(row: NotificationPolicy) -> PolicyTiming:
    """The pure timing of a row."""
    return PolicyTiming(tuple(row.group_by), row.group_wait, row.group_interval, row.repeat_interval)


def _used(row: NotificationPolicy) -> list[Target]:
    """The policy's targets without those whose variable left the environment; all of them where otherwise the alert
    would get none: it becomes a dead letter, which people see."""
    targets = list(row.targets.all())
    used = [target for target in targets if target.enabled or not target.from_environment]
    return used if used or row.continue_matching else targets
