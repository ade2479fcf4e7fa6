"""Who was told of a group of alerts that another one absorbed hears of that one, and of its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.hand_over import add_responder
from detections.alerts.models import Alert
from detections.alerts.routing_models import MessageGroup, NotificationPolicy, Target
from opsconsole.accounts.models import Owner
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope, make_user
from tests.detections.alerts.handling.test_group_messages import NOW, Receiver, at, group

pytestmark = pytest.mark.usefixtures("notification_policies")


def test_who_was_told_of_an_absorbed_alert_alone_hears_of_the_storm_and_of_its_end() -> None:
    rule, receiver = make_rule(), Receiver()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(5)]
    for number, (scope, letter) in enumerate(zip(scopes, "cchhh", strict=True)):
        judge(scope, letter, 0, evaluated_at=START + number * timedelta(seconds=20))
        consume(NOW)
        at(NOW, receiver)
    assert (group().kind, group().size) == ("storm", 5)
    (news,) = [message for message in receiver.got if message.facts["kind"] == "updated" and "sev2" in message.address]
    assert (news.key, news.facts["severity"], news.facts["others"]) == (str(group().episode), "critical", 4)
    assert news.facts["why"] == "DET-BETA-003 on /r/2 is told with it from now on."
    for scope in scopes:
        judge_all(scope, ".......", start=1)
    consume(NOW + 20 * MINUTE)
    at(NOW + 20 * MINUTE, receiver)
    ended = [message.address for message in receiver.got if message.facts["kind"] == "resolved"]
    assert sorted(ended) == sorted({message.address for message in receiver.got})
    assert len(ended) == 2


def grouping() -> None:
    """Medium alerts also go to a team, in groups by rule."""
    team = Target.objects.create(name="Team", address="#team")
    policy = NotificationPolicy.objects.create(
        order=0,
        name="Team",
        matchers={"severity": ["medium"]},
        group_by=["rule"],
        group_wait=timedelta(seconds=1),
        group_interval=MINUTE,
    )
    policy.targets.add(team)


def test_a_policys_group_hears_of_what_absorbed_its_alert_and_ends_with_it() -> None:
    grouping()
    rule, receiver = make_rule(), Receiver()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(5)]
    for number, (scope, letter) in enumerate(zip(scopes, "hmhhh", strict=True)):
        judge(scope, letter, 0, evaluated_at=START + number * timedelta(seconds=20))
        consume(NOW)
        at(NOW + timedelta(seconds=1), receiver)
    assert group().kind == "storm"
    at(NOW + 2 * MINUTE, receiver)
    for scope in scopes:
        judge_all(scope, ".......", start=1)
    consume(NOW + 20 * MINUTE)
    at(NOW + 20 * MINUTE, receiver)
    told = [message for message in receiver.got if message.address == "#team"]
    assert [message.facts["kind"] for message in told] == ["firing", "updated", "resolved"]
    assert len({message.key for message in told}) == 1
    assert MessageGroup.objects.get().since is None


@pytest.mark.parametrize("letters", ["cchhh", "hmhhh"])
def test_the_end_reaches_who_was_told_of_an_absorbed_alert_also_where_it_comes_before_the_news(letters: str) -> None:
    grouping()
    rule, receiver = make_rule(), Receiver()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(5)]
    for number, (scope, letter) in enumerate(zip(scopes, letters, strict=True)):
        judge(scope, letter, 0, evaluated_at=START + number * timedelta(seconds=20))
        consume(NOW)
        if number < 4:
            at(NOW + timedelta(seconds=1), receiver)
    assert group().kind == "storm"
    told = {message.address for message in receiver.got}
    assert len(told) == 2
    for scope in scopes:
        judge_all(scope, ".......", start=1)
    consume(NOW + 20 * MINUTE)
    at(NOW + 20 * MINUTE, receiver)
    assert "updated" not in receiver.kinds
    assert {message.address for message in receiver.got if message.facts["kind"] == "resolved"} == told


def responder(alert: Alert, reached_by: Target) -> None:
    owner = Owner.objects.create(name="helper")
    OwnerTarget.objects.create(owner=owner, target=reached_by)
    add_responder(alert.pk, make_user(), NOW, to=owner)


def test_a_responder_who_was_asked_to_an_alert_is_told_though_its_group_is_absorbed() -> None:
    rule, receiver = make_rule(), Receiver()
    for number in range(5):
        if number == 4:
            responder(Alert.objects.get(group_key="/r/2"), Delivery.objects.filter(kind="firing")[0].target)
        judge(make_scope(rule, f"/r/{number}"), "h", 0, evaluated_at=START + number * timedelta(seconds=20))
        consume(NOW)
        if number < 4:
            at(NOW, receiver)
    assert "responder" in at(NOW, receiver).kinds


def test_a_responder_of_a_wider_alert_is_told_and_the_narrower_one_pages() -> None:
    judge(make_scope(make_rule("DET-OPS-002"), "/r"), "c", 0)
    consume(NOW)
    responder(Alert.objects.get(), Target.objects.create(name="Helper", address="#helper"))
    judge(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002"), "/r"), "c", 0)
    consume(NOW)
    got = [(message.facts["kind"], message.facts["rule"]) for message in at(NOW, Receiver()).got]
    assert sorted(got) == [("firing", "DET-BETA-003"), ("responder", "DET-OPS-002")]
