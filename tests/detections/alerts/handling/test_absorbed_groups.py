"""Who was told of a group of alerts that another one absorbed hears of that one, and of its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.routing_models import MessageGroup, NotificationPolicy, Target
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope
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


def test_a_policys_group_hears_of_what_absorbed_its_alert_and_ends_with_it() -> None:
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
