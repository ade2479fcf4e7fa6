"""The alert that scopes of a flood share ends, and what it suppressed ends with it: the next flood is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.handling.shared_alert import OWN_ALERTS
from detections.alerts.models import Alert, ScopeSuppression
from detections.rules.models import Rule, Scope
from tests.detections.alerts.factories import START, judge, make_rule, make_scope, make_user

NOW = START + timedelta(hours=1)
MORE = "(more)"


@pytest.fixture
def rule(notification_policies: None) -> Rule:
    return make_rule("DET-OPS-002", selector={"sources": [{"source": "sentry"}]}, group_by="route")


def scopes(rule: Rule, number: int, first: int = 0) -> list[Scope]:
    return [make_scope(rule, f"/r/{first + each}") for each in range(number)]


def flood(rule: Rule, more: int, first: int = 0, minute: int = 0) -> list[Scope]:
    """Fires in as many new scopes as may have alerts of their own, and in `more`, which it returns."""
    some = scopes(rule, OWN_ALERTS + more, first)
    for scope in some:
        judge(scope, "h", minute)
    consume(NOW)
    return some[OWN_ALERTS:]


def shared() -> list[Alert]:
    """The shared alerts, the newest first."""
    return list(Alert.objects.filter(group_key=MORE).order_by("-pk"))


def test_resolved_by_hand_while_it_recovers_it_suppresses_nothing(rule: Rule) -> None:
    for scope in flood(rule, 2):
        judge(scope, ".", 1)
    consume(NOW)
    (alert,) = shared()
    assert (alert.status, alert.members_firing) == ("recovering", 0)
    resolve(alert.pk, make_user(), NOW)
    assert not ScopeSuppression.objects.exists()
    flood(rule, 3, 100, minute=10)
    assert [(each.status, each.members_firing) for each in shared()][0] == ("firing", 3)
