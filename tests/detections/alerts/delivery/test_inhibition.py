"""A wider rule's alert has no message of its own while a narrower rule fires on the same keys."""

from __future__ import annotations

import pytest

from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.rules.models import Scope
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope

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


def test_the_wider_rule_is_not_told_of_and_stands_with_the_narrower() -> None:
    both_fire()
    send()
    assert statuses("DET-BETA-003") == ["sent"]
    assert statuses("DET-OPS-002") == ["overtaken"]
    group = AlertGroup.objects.get()
    assert (group.kind, group.size, str(group.leader)) == ("narrower", 2, "DET-BETA-003 on /api/beta/preview/*")


def test_the_other_way_round_it_has_no_message_at_all() -> None:
    judge(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002")), "c", 0)
    consume(NOW)
    judge(make_scope(make_rule("DET-OPS-002", group_by="route"), group_key=ROUTE), "c", 0)
    consume(NOW)
    send()
    assert statuses("DET-BETA-003") == ["sent"]
    assert statuses("DET-OPS-002") == []
    assert Delivery.objects.get().payload["members"] == f"DET-OPS-002 on {ROUTE}"


def test_it_leads_on_once_the_narrower_is_over_and_it_still_fires() -> None:
    both_fire(narrow="h")
    send()
    judge_all(Scope.objects.get(rule__identifier="DET-BETA-003"), "......", start=1)
    consume(NOW + 10 * MINUTE)
    send(NOW + 10 * MINUTE)
    told = Delivery.objects.filter(status="sent").order_by("sequence").values_list("kind", "alert__rule__identifier")
    assert list(told) == [("firing", "DET-BETA-003"), ("updated", "DET-OPS-002")]


def test_what_resolved_meanwhile_is_never_sent() -> None:
    both_fire()
    send()
    judge_all(Scope.objects.get(rule__identifier="DET-OPS-002"), ".......", start=1)
    consume(NOW + 10 * MINUTE)
    send(NOW + 10 * MINUTE)
    assert statuses("DET-OPS-002") == ["overtaken"]
    assert statuses("DET-BETA-003") == ["sent"]


def test_a_milder_alert_does_not_hold_back_a_severer_one() -> None:
    both_fire(narrow="h", wide="c")
    send()
    assert statuses("DET-OPS-002") == ["sent", "sent"]
    led = {(d.kind, d.target.address, d.payload["others"]) for d in Delivery.objects.all()}
    assert led == {("firing", "#raxx-ops-alert-sev1", 1), ("firing", "#raxx-ops-alert-sev2-5", 1)}


def test_other_routes_are_not_held_back() -> None:
    both_fire(route="/api/orders")
    send()
    assert statuses("DET-OPS-002") == ["sent"]
    assert AlertGroup.objects.count() == 2
