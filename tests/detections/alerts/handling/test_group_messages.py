"""One page per cause: what is told of alerts that stand for one thing, and what happens when two workers find them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.causes.store import led_by
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Sent
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume, consume_scopes
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.queries import open_alerts
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules.models import Rule, Scope
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
KNOWN = {"signature": "secret mismatch", "cause": "INTERNAL_API_SECRET mismatch"}


class Receiver:
    """A channel that takes everything and remembers it."""

    def __init__(self) -> None:
        self.got: list[Notification] = []

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        self.got.append(notification)
        return Sent("ok")

    @property
    def kinds(self) -> list[str]:
        return [notification.facts["kind"] for notification in self.got]


def at(moment: datetime, receiver: Receiver) -> Receiver:
    deliver(lambda: moment, {"console": receiver, "webhook": receiver, "pagerduty": receiver})
    return receiver


def five_routes(rule: Rule, letter: str = "h", minute: int = 0) -> list[Scope]:
    scopes = [make_scope(rule, f"/r/{number}") for number in range(5)]
    for scope in scopes:
        judge(scope, letter, minute, data=KNOWN)
    return scopes


def group() -> AlertGroup:
    return AlertGroup.objects.get(closed_at__isnull=True)


def test_five_routes_of_one_bug_are_one_message_that_names_the_others() -> None:
    five_routes(make_rule())
    consume(NOW)
    assert (group().kind, group().size, Alert.objects.count(), AlertGroup.objects.count()) == ("failure", 5, 5, 1)
    (message,) = at(NOW, Receiver()).got
    assert message.facts["others"] == 4
    assert message.facts["members"] == "/r/1, /r/2, /r/3, /r/4"
    assert message.key == str(group().episode)
    lines = open_alerts()
    assert (lines.total, [str(other.group_key) for other in lines.rows[0].others]) == (
        1,
        ["/r/1", "/r/2", "/r/3", "/r/4"],
    )


def test_members_that_come_later_are_gathered_into_one_message_after_five_minutes() -> None:
    rule, receiver = make_rule(), Receiver()
    for number in range(4):
        judge(make_scope(rule, f"/r/{number}"), "h", number, data=KNOWN)
        consume(NOW + number * MINUTE)
        at(NOW + number * MINUTE, receiver)
    assert receiver.kinds == ["firing"]
    at(NOW + 5 * MINUTE, receiver)
    assert receiver.kinds == ["firing", "updated"]
    assert receiver.got[-1].facts["members"] == "/r/1, /r/2, /r/3"
    judge(make_scope(rule, "/r/late"), "h", 6, data=KNOWN)
    consume(NOW + 6 * MINUTE)
    at(NOW + 10 * MINUTE - timedelta(seconds=1), receiver)
    assert len(receiver.got) == 2
    assert at(NOW + 10 * MINUTE, receiver).kinds == ["firing", "updated", "updated"]


@pytest.mark.parametrize("channel", ["webhook", "pagerduty"])
def test_a_channel_that_can_change_its_message_is_told_at_once(channel: str) -> None:
    Target.objects.update(channel=channel)
    rule, receiver = make_rule(), Receiver()
    for number in range(3):
        judge(make_scope(rule, f"/r/{number}"), "h", number, data=KNOWN)
        consume(NOW + number * MINUTE)
        at(NOW + number * MINUTE, receiver)
    assert receiver.kinds == ["firing", "updated", "updated"]
    assert len({notification.key for notification in receiver.got}) == 1


def test_a_flood_of_routes_is_one_line_and_one_page() -> None:
    rule = make_rule()
    for number in range(150):
        judge(make_scope(rule, f"/made/up/{number}"), "c", 0)
    consume(NOW)
    assert (Alert.objects.count(), group().kind, group().size) == (21, "storm", 21)
    assert open_alerts().total == 1
    receiver = at(NOW, Receiver())
    assert len(receiver.got) == 1
    assert receiver.got[0].facts["others"] == 20
    assert at(NOW + 10 * MINUTE, receiver).kinds == ["firing"]


@pytest.mark.parametrize("channel", ["webhook", "pagerduty"])
def test_four_are_told_alone_and_the_fifth_makes_it_a_storm(channel: str) -> None:
    Target.objects.update(channel=channel)
    rule, receiver = make_rule(), Receiver()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(6)]
    for number, scope in enumerate(scopes):
        judge(scope, "h", 0, evaluated_at=START + number * timedelta(seconds=20))
        consume(NOW)
        at(NOW, receiver)
    # The absorbed ones end for receivers that know them by their key.
    assert sorted(receiver.kinds) == ["firing"] * 4 + ["merged"] * 3 + ["updated"] * 2
    ended = {message.key for message in receiver.got if message.facts["kind"] == "merged"}
    assert {message.key for message in receiver.got} == ended | {str(group().episode)}
    assert (group().kind, group().size) == ("storm", 6)


def test_five_within_more_than_five_minutes_are_no_storm() -> None:
    rule = make_rule()
    for number in range(6):
        judge(make_scope(rule, f"/r/{number}"), "h", 0, evaluated_at=START + number * 75 * timedelta(seconds=1))
        consume(NOW)
    assert AlertGroup.objects.filter(kind="").count() == 6


def test_the_strongest_leads_on_and_the_end_is_told_after_the_last() -> None:
    rule, receiver = make_rule(), Receiver()
    scopes = five_routes(rule)
    consume(NOW)
    at(NOW, receiver)
    judge_all(scopes[0], ".......", start=1)
    for scope in scopes[1:]:
        judge_all(scope, "hhhhhhh", start=1)
    consume(NOW + 8 * MINUTE)
    assert (str(group().leader), group().size) == ("DET-BETA-003 on /r/1", 4)
    at(NOW + 8 * MINUTE, receiver)
    for scope in scopes[1:]:
        judge_all(scope, ".......", start=8)
    consume(NOW + 20 * MINUTE)
    at(NOW + 20 * MINUTE, receiver)
    assert receiver.kinds == ["firing", "updated", "resolved"]
    assert len({notification.key for notification in receiver.got}) == 1
    closed = AlertGroup.objects.get()
    assert (closed.size, closed.closed_at) == (0, NOW + 20 * MINUTE)


def test_a_rise_of_any_member_above_the_group_pages_again_and_it_leads() -> None:
    scopes, receiver = five_routes(make_rule()), Receiver()
    consume(NOW)
    at(NOW, receiver)
    judge(scopes[3], "c", 1, data=KNOWN)
    consume(NOW + MINUTE)
    at(NOW + MINUTE, receiver)
    assert receiver.kinds == ["firing", "severity"]
    assert receiver.got[-1].address == "#raxx-ops-alert-sev1"
    assert str(group().leader) == "DET-BETA-003 on /r/3"
    judge(scopes[4], "c", 2, data=KNOWN)
    consume(NOW + 2 * MINUTE)
    assert at(NOW + 2 * MINUTE, receiver).kinds == ["firing", "severity"]


def test_a_severe_newcomer_pages_though_a_milder_one_was_only_kept_for_the_summary() -> None:
    rule = make_rule()
    judge(make_scope(rule, "/r/0"), "m", 0, data=KNOWN)
    judge(make_scope(rule, "/r/1"), "c", 1, data=KNOWN)
    consume(NOW)
    assert set(Delivery.objects.values_list("kind", "status")) == {("firing", "held"), ("severity", "queued")}
    assert AlertGroup.objects.get().size == 2


def test_acknowledging_the_leader_acknowledges_all_each_with_its_row() -> None:
    scopes = five_routes(make_rule())
    consume(NOW)
    at(NOW, Receiver())
    leader, member = group().leader, Alert.objects.get(scope=scopes[2])
    assert leader is not None
    assert led_by(leader) == group()
    assert led_by(member) is None
    bob = make_user("bob")
    acknowledge(member.pk, bob, NOW)
    assert Delivery.objects.filter(kind="acknowledged").count() == 0
    ada = make_user("ada")
    acknowledge(leader.pk, ada, NOW)
    assert Alert.objects.filter(acknowledged_by=ada).count() == 4
    assert Alert.objects.get(pk=member.pk).acknowledged_by == bob
    assert {alert.log.filter(kind="acknowledged").count() for alert in Alert.objects.all()} == {1}
    assert Delivery.objects.filter(kind="acknowledged").count() == 1


def test_what_joins_an_acknowledged_group_is_acknowledged_unless_it_is_worse() -> None:
    rule, ada = make_rule(), make_user("ada")
    judge(make_scope(rule, "/r/0"), "h", 0, data=KNOWN)
    consume(NOW)
    acknowledge(Alert.objects.get().pk, ada, NOW)
    judge(make_scope(rule, "/r/1"), "h", 1, data=KNOWN)
    judge(make_scope(rule, "/r/2"), "c", 2, data=KNOWN)
    consume(NOW + MINUTE)
    having = dict(Alert.objects.values_list("group_key", "acknowledged_by"))
    assert having == {"/r/0": ada.pk, "/r/1": ada.pk, "/r/2": None}
    assert str(group().leader) == "DET-BETA-003 on /r/2"
    judge(Scope.objects.get(group_key="/r/1"), "h", 3, data=KNOWN)
    consume(NOW + 2 * MINUTE)  # the next slot keeps it
    assert Alert.objects.get(group_key="/r/1").acknowledged_by == ada


def test_resolving_the_leader_by_hand_lets_the_next_lead() -> None:
    five_routes(make_rule())
    consume(NOW)
    first = group().leader
    assert first is not None
    resolve(first.pk, make_user(), NOW)
    assert (str(group().leader), group().size) == ("DET-BETA-003 on /r/1", 4)
    assert not Delivery.objects.filter(kind="resolved").exists()


def test_another_rule_reaches_its_own_targets_though_the_cause_was_told() -> None:
    beta = Target.objects.create(name="own", address="#own")
    policy = NotificationPolicy.objects.create(order=0, name="Own", matchers={"rule": ["DET-OWN-001"]})
    policy.targets.add(beta)
    judge(make_scope(make_rule("DET-BETA-003"), "/r/0"), "h", 0, data=KNOWN)
    consume(NOW)
    judge(make_scope(make_rule("DET-OWN-001"), "/r/1"), "h", 0, data=KNOWN)
    consume(NOW)
    assert AlertGroup.objects.get().size == 2
    told = set(Delivery.objects.values_list("kind", "target__address", "alert__rule__identifier"))
    assert told == {("firing", "#raxx-ops-alert-sev2-5", "DET-BETA-003"), ("firing", "#own", "DET-BETA-003")}


def test_the_same_failure_elsewhere_is_another_thing() -> None:
    rule = make_rule()
    judge(make_scope(rule, "/r/0", "raptor"), "h", 0, data=KNOWN)
    judge(make_scope(rule, "/r/0", "falcon"), "h", 0, data=KNOWN)
    judge(make_scope(rule, "/r/1", "raptor"), "h", 0, data={**KNOWN, "cause": "another"})
    judge(make_scope(rule, "/r/2", "raptor"), "h", 0, data={"events": [uuid4().hex]})  # its event is gone
    consume(NOW)
    assert AlertGroup.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_find_one_cause_at_once_make_one_group() -> None:
    narrow, wide = make_rule("DET-BETA-003"), make_rule("DET-OPS-002")
    scopes = [make_scope(rule, f"/r/{number}") for number in range(3) for rule in (narrow, wide)]
    for scope in scopes:
        judge(scope, "h", 0, data=KNOWN)
    done = race(lambda number: consume_scopes([scopes[number].pk, scopes[number + 2].pk], NOW), people=2)
    assert [getattr(each, "verdicts", each) for each in done] == [2, 2]
    race(lambda number: consume_scopes([scopes[number + 4].pk], NOW), people=2)
    assert (AlertGroup.objects.count(), group().size, GroupedAlert.objects.count()) == (1, 6, 6)


@pytest.mark.django_db(transaction=True)
def test_acknowledging_while_members_rise_and_end_neither_waits_forever_nor_loses_any() -> None:
    rule, ada = make_rule(), make_user("ada")
    scopes = five_routes(rule)
    consume(NOW)
    leader = group().leader
    assert leader is not None
    for number, scope in enumerate(scopes):
        judge_all(scope, "hhhhhh" if number % 2 else "......", start=1)
    acts = [lambda: acknowledge(leader.pk, ada, NOW), *[lambda: consume(NOW + 9 * MINUTE)] * 3]
    done = race(lambda number: acts[number](), people=4)
    assert not [each for each in done if isinstance(each, Exception) and "deadlock" in str(each)]
    consume(NOW + 9 * MINUTE)
    assert group().size == Alert.objects.filter(dedup_key__isnull=False).count() == 2
