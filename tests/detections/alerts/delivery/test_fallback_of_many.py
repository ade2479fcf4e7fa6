"""Every alert of a dead message reaches the fallback, and every message reaches it once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from detections.alerts.causes.models import GroupedAlert
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Retry
from detections.alerts.delivery.enqueue import merge_messages
from detections.alerts.delivery.fallback import DeadLetter, forward
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules.models import Scope
from tests.at_once import race
from tests.detections.alerts.delivery.queue import NOW, queue, queue_one
from tests.detections.alerts.delivery.test_fallback import Receivers, target
from tests.detections.alerts.factories import MINUTE, judge, judge_all, make_rule, make_scope

pytestmark = pytest.mark.usefixtures("notification_policies")
SECOND = timedelta(seconds=1)


@pytest.fixture
def fallback(notification_policies: None) -> Target:
    return target("#fallback", fallback=True)


@pytest.fixture
def grouped(fallback: Target) -> NotificationPolicy:
    """A policy whose messages wait 30 s for one another, to a target that takes none."""
    timing = {"group_by": ["rule"], "group_wait": 30 * SECOND, "group_interval": 5 * MINUTE}
    policy = NotificationPolicy.objects.create(order=1, name="Team", **timing)
    policy.targets.add(target("#gone"))
    return policy


def three() -> list[Scope]:
    rule = make_rule(group_by="route")
    scopes = [make_scope(rule, f"/{number}") for number in range(3)]
    for scope in scopes:
        judge(scope, "m", 0)
    consume(NOW)
    return scopes


@pytest.mark.usefixtures("grouped")
def test_alerts_that_were_told_in_one_message_are_told_to_the_fallback_in_one() -> None:
    scopes, receivers = three(), Receivers("#gone")
    receivers.deliver(after=30 * SECOND)
    (message,) = receivers.got
    said = render(message.facts)
    assert said.headline == "🔸 3 new: rule DET-BETA-003"
    assert [f"on /{number}:" in said.text for number in range(3)] == [True] * 3
    assert "Sent here because Target #gone did not take it: 404 no_service" in said.text
    lost = Delivery.objects.filter(target__address="#gone")
    assert Counter(lost.values_list("status", "tries")) == {("dead", 1): 3}
    for scope in scopes:
        judge_all(scope, ".......", start=1)
    consume(NOW + 10 * MINUTE)
    receivers.deliver(after=10 * MINUTE)
    ended = receivers.got[1]
    assert (render(ended.facts).headline, ended.key) == ("✅ 3 resolved: rule DET-BETA-003", message.key)
    assert len(receivers.got) == 2


@pytest.mark.usefixtures("grouped")
def test_the_others_of_a_dead_message_are_told_though_its_first_alert_is_over() -> None:
    three()
    receivers = Receivers("#gone", outcome=Retry("503"))
    receivers.deliver(after=30 * SECOND)
    carrier = Delivery.objects.get(status="queued")
    Alert.objects.filter(pk=carrier.alert_id).update(status="resolved", dedup_key=None)
    receivers.deliver(after=timedelta(hours=2))
    (message,) = receivers.got
    assert render(message.facts).headline == "🔸 2 new: rule DET-BETA-003"


@pytest.mark.usefixtures("grouped")
def test_no_loop_where_the_fallback_takes_no_message_of_many_either() -> None:
    three()
    receivers = Receivers("#gone", "#fallback")
    receivers.deliver(after=30 * SECOND)
    receivers.deliver(after=timedelta(hours=2))
    assert Counter(Delivery.objects.values_list("status", "target__address")) == {
        ("dead", "#gone"): 3,
        ("dead", "#fallback"): 3,
    }


def test_dead_letters_of_one_absorbed_message_reach_the_fallback_once_whenever_they_die(fallback: Target) -> None:
    first, other = queue(2, "#gone")
    second = queue_one(target("#lost"), first.alert)
    GroupedAlert.objects.filter(alert=first.alert).update(group=other.group)
    for delivery in (first, second):
        forward([DeadLetter(delivery, "404")], NOW)
    assert Delivery.objects.filter(target=fallback).count() == 1


def test_one_that_the_merge_numbered_anew_is_the_same_message(fallback: Target) -> None:
    """One target was tried before the merge, the other after it; the fallback would have the message anyway."""
    first, other = queue(2, "#gone")
    Delivery.objects.filter(pk=first.pk).update(tries=1)
    queue_one(target("#lost"), first.alert)
    other.group.leader = other.alert
    GroupedAlert.objects.filter(alert=first.alert).update(group=other.group)
    merge_messages(first.group, first.alert, other.group, NOW, held_back=False)
    lost = Delivery.objects.select_related("alert", "target").get(target__address="#lost")
    assert (lost.group, lost.sequence) == (other.group, 2)
    first = Delivery.objects.select_related("alert", "target").get(pk=first.pk)
    forward([DeadLetter(lost, "404")], NOW)
    forward([DeadLetter(first, "404")], NOW)
    assert Delivery.objects.filter(target=fallback).count() == 1


def test_those_of_two_absorbed_groups_are_numbered_one_after_the_other(fallback: Target) -> None:
    *letters, other = queue(3, "#gone")
    for letter in letters:
        GroupedAlert.objects.filter(alert=letter.alert).update(group=other.group)
    made = forward([DeadLetter(letter, "404") for letter in letters], NOW)
    rows = Delivery.objects.filter(target=fallback).order_by("sequence").values_list("alert", "sequence")
    assert list(rows) == [(letter.alert_id, number) for number, letter in enumerate(letters, 2)]
    assert len(made) == 2


@transaction.atomic
def in_transaction(delivery: Delivery) -> int:
    return len(forward([DeadLetter(delivery, "404")], NOW))


@pytest.mark.django_db(transaction=True)
def test_of_two_senders_at_once_one_forwards_it(fallback: Target) -> None:
    first, other = queue(2, "#gone")
    letters = [first, queue_one(target("#lost"), first.alert)]
    GroupedAlert.objects.filter(alert=first.alert).update(group=other.group)
    done = race(lambda number: in_transaction(letters[number]), people=2)
    assert sorted(done, key=str) == [0, 1]
    assert Delivery.objects.filter(target=fallback).count() == 1
