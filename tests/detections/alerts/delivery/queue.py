"""Deliveries that are due, made directly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from detections.alerts.causes.store import group_of, start_group
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.rules.models import Rule
from tests.detections.alerts.factories import MINUTE, START, make_rule, make_scope

NOW = START + MINUTE
_numbers = count(1)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def queue(number: int, address: str, **target: Any) -> list[Delivery]:
    """Due messages of as many alerts to one target, which is made where there is none of that address."""
    receiver, _ = Target.objects.get_or_create(address=address, defaults={"name": address, **target})
    rule = Rule.objects.first() or make_rule()
    return [queue_one(receiver, make_alert(rule)) for _ in range(number)]


def queue_one(target: Target, alert: Alert, sequence: int = 1, kind: str = "firing", **facts: Any) -> Delivery:
    return Delivery.objects.create(
        alert=alert,
        group=group_of(alert) or start_group(alert, NOW),
        target=target,
        sequence=sequence,
        kind=kind,
        policy_name="Critical",
        payload={"kind": kind, "severity": "critical", "rule": alert.rule.identifier, "alert": alert.pk, **facts},
        queued_at=NOW,
        next_attempt_at=NOW,
    )


def make_alert(rule: Rule) -> Alert:
    scope = make_scope(rule, group_key=f"/route/{next(_numbers)}/*")
    return Alert.objects.create(
        scope=scope,
        rule=rule,
        version=rule.versions.latest("number"),
        project=scope.project_environment.project,
        project_environment=scope.project_environment,
        group_key=scope.group_key,
        severity=3,
        slot_severity=3,
        status="firing",
        opened_at=START,
        status_since=START,
        last_slot=START,
        dedup_key=scope.pk,
    )
