"""The messages of a policy's group tell of causes, of which each may have several alerts."""

from __future__ import annotations

import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.routing_models import NotificationPolicy
from detections.rules.models import Rule
from tests.detections.alerts.delivery.test_message_groups import NOW, SECOND, Receiver, fire, grouped, resolve
from tests.detections.alerts.factories import MINUTE, judge, make_rule, make_scope

CAUSE = {"signature": "secret mismatch", "cause": "INTERNAL_API_SECRET mismatch"}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def rule() -> Rule:
    return make_rule(group_by="route")


@pytest.fixture
def policy(notification_policies: None) -> NotificationPolicy:
    return grouped()


@pytest.mark.usefixtures("policy")
def test_the_group_is_told_what_joins_a_cause_and_that_it_goes_on(rule: Rule, receiver: Receiver) -> None:
    leader, member = (make_scope(rule, name) for name in ("/a", "/b"))
    (other,) = fire(rule, "/z")
    judge(leader, "m", 0, data=CAUSE)
    consume(NOW)
    assert receiver.run(NOW + 30 * SECOND) == ["🔸 2 new: rule DET-BETA-003"]
    judge(member, "m", 1, data=CAUSE)
    consume(NOW + MINUTE)
    assert receiver.run(NOW + 10 * MINUTE) == ["🔸 2 still open: rule DET-BETA-003"]
    assert Delivery.objects.get(kind="repeated").payload["members"] == "/b"
    resolve(leader, now=NOW + 20 * MINUTE)
    receiver.run(NOW + 20 * MINUTE)
    resolve(other, now=NOW + 30 * MINUTE)
    assert receiver.run(NOW + 30 * MINUTE) == ["🔸 1 still open, 1 resolved: rule DET-BETA-003"]


@pytest.mark.usefixtures("policy")
def test_a_message_that_waits_names_what_joined_meanwhile(rule: Rule, receiver: Receiver) -> None:
    for name in ("/a", "/b"):
        judge(make_scope(rule, name), "m", 0, data=CAUSE)
        consume(NOW)
    receiver.run(NOW + 30 * SECOND)
    (message,) = receiver.got
    assert (message.facts["kind"], message.facts["members"]) == ("firing", "/b")
    assert Delivery.objects.count() == 1
