"""Handing an alert over and calling others to it: who is told, who wins, and what does not change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from detections.alerts.delivery.sender import deliver
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.hand_over import add_responder, hand_over, stop_responder
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import Owner
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


def owner(name: str, *targets: str) -> Owner:
    made, _ = Owner.objects.get_or_create(name=name)
    for each in targets:
        target, _ = Target.objects.get_or_create(name=each, defaults={"address": each})
        OwnerTarget.objects.get_or_create(owner=made, target=target)
    return made


def firing() -> Alert:
    judge(make_scope(), "c", 0)
    consume(NOW)
    deliver(lambda: NOW)
    return Alert.objects.get()


def told(alert: Alert, kind: str) -> list[str]:
    return sorted(alert.deliveries.filter(kind=kind).values_list("target__name", flat=True))


def logged(alert: Alert) -> list[tuple[str, str, str]]:
    return list(alert.log.filter(kind__in=["assigned", "responder"]).values_list("actor_name", "new", "why"))


def test_it_is_assigned_told_and_logged() -> None:
    alert, sre = firing(), owner("sre-agent", "pager", "chat")
    before = alert.revision
    done = hand_over(alert.pk, make_user("ada"), NOW, to=sre, seen=before)
    alert.refresh_from_db()
    assert (alert.assignee, alert.revision, done.changed, done.was_told) == (sre, before + 1, True, True)
    assert told(alert, "handed_over") == ["chat", "pager"]
    message = alert.deliveries.filter(kind="handed_over")[0]
    assert (message.payload["actor"], message.payload["why"]) == ("ada", "ada hands it over to sre-agent.")
    assert (message.policy_name, message.status) == ("owner sre-agent", "queued")
    assert logged(alert) == [("ada", "handed over to sre-agent", "")]


def test_to_the_same_owner_again_changes_nothing_whatever_was_seen() -> None:
    alert, sre = firing(), owner("sre-agent", "pager")
    hand_over(alert.pk, make_user("ada"), NOW, to=sre)
    again = hand_over(alert.pk, make_user("bob"), NOW, to=sre, seen=0)
    assert not again.changed
    assert len(told(alert, "handed_over")) == 1
    assert len(logged(alert)) == 1


def test_where_no_target_reaches_the_owner_it_is_assigned_and_the_log_says_that_nobody_was_told() -> None:
    alert, sre = firing(), owner("sre-agent")
    done = hand_over(alert.pk, make_user("ada"), NOW, to=sre)
    assert (done.assignee, done.was_told) == (sre, False)
    assert logged(alert) == [("ada", "handed over to sre-agent", "nobody could be told: no target is bound to it")]


def test_what_changed_since_it_was_seen_must_be_seen_again() -> None:
    alert = firing()
    hand_over(alert.pk, make_user("ada"), NOW, to=owner("sre-agent"), seen=alert.revision)
    with pytest.raises(Conflict, match="is handed over to sre-agent"):
        hand_over(alert.pk, make_user("bob"), NOW, to=owner("security-agent"), seen=alert.revision)
    alert.refresh_from_db()
    assert str(alert.assignee) == "sre-agent"


@pytest.mark.django_db(transaction=True)
def test_of_people_at_once_one_wins_and_the_others_are_told() -> None:
    alert, ada = firing(), make_user("ada")
    owners = [owner(f"owner-{number}", f"pager {number}") for number in range(4)]
    results = race(lambda number: hand_over(alert.pk, ada, NOW, to=owners[number], seen=alert.revision))
    won = [result for result in results if isinstance(result, Alert)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(won), len(lost)) == (1, 3), results
    assert all(str(won[0].assignee) in conflict.message for conflict in lost)
    assert told(alert, "handed_over") == [f"pager {str(won[0].assignee)[-1]}"]


def test_what_is_over_is_not_handed_over() -> None:
    alert = firing()
    resolve(alert.pk, make_user("ada"), NOW)
    for act in (hand_over, add_responder):
        with pytest.raises(Conflict, match="already over"):
            act(alert.pk, make_user(), NOW, to=owner("sre-agent"))


def test_whoever_acknowledged_keeps_it_until_those_it_was_handed_to_take_it() -> None:
    alert, ada, bob, eve = firing(), make_user("ada"), make_user("bob"), make_user("eve")
    acknowledge(alert.pk, ada, NOW)
    team = Group.objects.create(name="team")
    bob.groups.add(team)
    Owner.objects.create(name="the team", group=team)
    hand_over(alert.pk, ada, NOW, to=Owner.objects.get(name="the team"))
    alert.refresh_from_db()
    assert alert.acknowledged_by == ada
    with pytest.raises(Conflict, match="ada acknowledged it first"):
        acknowledge(alert.pk, eve, NOW)
    assert acknowledge(alert.pk, bob, NOW).acknowledged_by == bob


def test_the_end_reaches_everybody_who_was_told() -> None:
    alert = firing()
    hand_over(alert.pk, make_user("ada"), NOW, to=owner("sre-agent", "pager"))
    add_responder(alert.pk, make_user("bob"), NOW, to=owner("security-agent", "chat"))
    deliver(lambda: NOW)
    resolve(alert.pk, make_user("eve"), NOW)
    assert told(alert, "resolved") == ["SEV-1", "chat", "pager"]


def test_a_responder_of_an_acknowledged_alert_is_told_once_and_the_assignee_stays() -> None:
    alert, ada = firing(), make_user("ada")
    acknowledge(alert.pk, ada, NOW)
    hand_over(alert.pk, ada, NOW, to=owner("sre-agent"))
    for _ in range(2):
        add_responder(alert.pk, ada, NOW, to=owner("security-agent", "chat"))
    alert.refresh_from_db()
    assert (str(alert.assignee), alert.acknowledged_by) == ("sre-agent", ada)
    assert told(alert, "responder") == ["chat"]
    assert alert.deliveries.get(kind="responder").payload["why"] == "ada asks security-agent for help."
    assert [new for _, new, _ in logged(alert)][1:] == ["asked security-agent for help"]


def test_a_responder_called_off_in_time_gets_no_message() -> None:
    alert, ada, security = firing(), make_user("ada"), owner("security-agent", "chat")
    add_responder(alert.pk, ada, NOW, to=security)
    stop_responder(alert.pk, ada, NOW, to=security)
    assert alert.deliveries.get(kind="responder").status == "overtaken"
    assert told(alert, "called_off") == []
    assert not stop_responder(alert.pk, ada, NOW, to=security).changed
    assert [new for _, new, _ in logged(alert)] == ["asked security-agent for help", "called off security-agent"]


def test_a_responder_called_off_later_is_told_and_can_be_called_again() -> None:
    alert, ada, security = firing(), make_user("ada"), owner("security-agent", "chat")
    add_responder(alert.pk, ada, NOW, to=security)
    deliver(lambda: NOW)
    stop_responder(alert.pk, ada, NOW, to=security)
    assert told(alert, "called_off") == ["chat"]
    assert add_responder(alert.pk, ada, NOW, to=security).changed
    assert told(alert, "responder") == ["chat", "chat"]


@pytest.mark.django_db(transaction=True)
def test_called_by_several_at_once_a_responder_is_told_once() -> None:
    alert, ada, security = firing(), make_user("ada"), owner("security-agent", "chat")
    results = race(lambda _: add_responder(alert.pk, ada, NOW, to=security))
    assert all(isinstance(result, Alert) for result in results), results
    assert told(alert, "responder") == ["chat"]


@pytest.mark.parametrize("act", [hand_over, add_responder])
def test_what_does_not_fire_yet_is_not_handed_over(act: Callable[..., Alert]) -> None:
    judge(make_scope(make_rule(for_minutes=5)), "c", 0)
    consume(NOW)
    alert = Alert.objects.get(status="pending")
    with pytest.raises(Conflict, match="does not fire yet"):
        act(alert.pk, make_user("ada"), NOW, to=owner("sre-agent", "pager"))
    assert not alert.deliveries.exists()
    assert not hasattr(alert, "grouped")
