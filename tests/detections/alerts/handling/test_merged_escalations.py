"""A group that others became part of has one escalation: one that runs, exactly while nobody has its leader."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import Escalation
from detections.alerts.escalation.rows import take_over
from detections.alerts.handling.acknowledge import acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.escalate import escalate
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import START, judge, make_rule, make_scope, make_user
from tests.detections.alerts.handling.test_escalate import two_steps

pytestmark = pytest.mark.usefixtures("notification_policies")
HIGH = "High, business hours"


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=60 + seconds)


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def storm(signs: str, by: User) -> AlertGroup:
    """Alerts of these severities, 20 s apart, of which the last makes them a storm; the first is acknowledged."""
    rule = make_rule()
    for number, sign in enumerate(signs):
        judge(make_scope(rule, f"/r/{number}"), sign, 0, evaluated_at=at(20 * number))
        consume(at(20 * number))
        if number == 0:
            acknowledge(Alert.objects.get().pk, by, at(0))
    group = AlertGroup.objects.get(closed_at=None)
    assert (group.kind, group.size) == ("storm", len(signs))
    return group


def test_of_several_the_one_that_runs_goes_on_though_a_stopped_one_came_first(ada: User) -> None:
    two_steps(HIGH)
    group = storm("hchhh", ada)
    escalation = Escalation.objects.get(group=group)
    assert str(group.leader) == "DET-BETA-003 on /r/1"
    assert (escalation.status, escalation.due_at) == ("waiting", at(40 + 5 * 60))
    assert Escalation.objects.filter(status="waiting").count() == 1


def test_a_stopped_one_goes_on_where_nobody_has_the_leader(ada: User) -> None:
    two_steps(HIGH)
    group = storm("hcccc", ada)
    escalation = Escalation.objects.get(group=group)
    assert (escalation.status, escalation.due_at) == ("waiting", at(80))


def test_one_that_runs_stops_where_somebody_has_the_leader_and_goes_on_when_that_ends(ada: User) -> None:
    two_steps(HIGH)
    group = storm("chhhh", ada)
    assert list(Escalation.objects.filter(group=group).values_list("status", "due_at")) == [("stopped", None)]
    expire(at(31 * 60))
    expire(at(42 * 60))
    assert escalate(at(42 * 60)) == 1


def test_one_that_leads_on_with_an_owner_leaves_no_step_due(ada: User) -> None:
    two_steps(HIGH)
    known = {"signature": "secret mismatch", "cause": "INTERNAL_API_SECRET mismatch"}
    rule = make_rule()
    for number in range(2):
        judge(make_scope(rule, f"/r/{number}"), "h", 0, data=known)
    consume(at(0))
    first, second = Alert.objects.order_by("pk")
    acknowledge(second.pk, ada, at(1))
    resolve(first.pk, ada, at(2))
    assert AlertGroup.objects.get().leader == second
    assert list(Escalation.objects.values_list("status", "due_at")) == [("stopped", None)]


def test_a_narrower_alert_that_is_told_in_place_of_an_acknowledged_one_is_escalated(ada: User) -> None:
    two_steps("Critical")
    judge(make_scope(make_rule("DET-OPS-002"), "/r"), "c", 0)
    consume(at(0))
    acknowledge(Alert.objects.get().pk, ada, at(1))  # on the page, before the sender took the message
    judge(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002"), "/r"), "c", 0)
    consume(at(2))
    assert str(AlertGroup.objects.get().leader) == "DET-BETA-003 on /r"
    assert Delivery.objects.filter(kind="firing", status="queued").exists()
    assert Escalation.objects.get().status == "waiting"


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_that_run_the_one_due_sooner_goes_on(first: int) -> None:
    two_steps(HIGH)
    rule = make_rule()
    for number in range(2):
        judge(make_scope(rule, f"/r/{number}"), "h", 0, evaluated_at=at(20 * number))
        consume(at(20 * number))
    groups = list(AlertGroup.objects.order_by("pk"))
    take_over(groups.pop(first), groups[0])
    goes_on = Escalation.objects.get(status="waiting")
    assert (goes_on.group, goes_on.due_at) == (groups[0], at(5 * 60))
