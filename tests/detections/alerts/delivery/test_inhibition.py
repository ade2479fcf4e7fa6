"""A wider rule's messages wait while a narrower rule fires on the same keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.delivery.sender import deliver
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert, Delivery
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
ROUTE = "/api/beta/preview/{token}/screen/1"


def send(moment: object = NOW) -> None:
    deliver(lambda: moment)  # type: ignore[arg-type, return-value]


def both_fire(narrow: str = "c", wide: str = "h", route: str = ROUTE) -> None:
    """DET-OPS-002 is judged first, as it may be."""
    wider = make_scope(make_rule("DET-OPS-002", group_by="route"), group_key=route)
    narrower = make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002"))
    judge(wider, wide, 0)
    judge(narrower, narrow, 0)
    consume(NOW)


def statuses(identifier: str) -> list[str]:
    return list(Delivery.objects.filter(alert__rule__identifier=identifier).values_list("status", flat=True))


def test_the_wider_rule_waits_and_says_for_whom() -> None:
    both_fire()
    send()
    assert statuses("DET-BETA-003") == ["sent"]
    assert statuses("DET-OPS-002") == ["suppressed"]
    why = Delivery.objects.get(alert__rule__identifier="DET-OPS-002").routing[-1]["why"]
    assert why == "held back while DET-BETA-003 on /api/beta/preview/* fires"


def test_it_goes_out_once_the_narrower_is_over_and_it_still_fires() -> None:
    both_fire()
    send()
    Alert.objects.filter(rule__identifier="DET-BETA-003").update(status="resolved", dedup_key=None, resolved_at=NOW)
    send(NOW + timedelta(seconds=59))
    assert statuses("DET-OPS-002") == ["suppressed"]
    send(NOW + timedelta(seconds=61))
    assert statuses("DET-OPS-002") == ["sent"]


def test_what_resolved_meanwhile_is_never_sent() -> None:
    both_fire()
    send()
    scope = Alert.objects.get(rule__identifier="DET-OPS-002").scope
    for minute in range(1, 8):
        judge(scope, ".", minute)
    consume(NOW + 10 * MINUTE)
    send(NOW + 10 * MINUTE)
    assert statuses("DET-OPS-002") == ["overtaken"]


def test_a_milder_alert_does_not_hold_back_a_severer_one() -> None:
    both_fire(narrow="h", wide="c")
    send()
    assert statuses("DET-OPS-002") == ["sent"]


def test_other_routes_are_not_held_back() -> None:
    both_fire(route="/api/orders")
    send()
    assert statuses("DET-OPS-002") == ["sent"]
