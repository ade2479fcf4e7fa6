"""A group that outlives an alert pages for those that are left as if it had never known the one that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import Escalation, EscalationPolicy, EscalationStep
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules.models import Rule, Scope
from detections.rules.silence_models import Silence
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user
from tests.detections.alerts.silences.makers import make_silence

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
KNOWN = {"signature": "secret mismatch", "cause": "INTERNAL_API_SECRET mismatch"}


@pytest.fixture
def escalating(notification_policies: None) -> None:
    policy = EscalationPolicy.objects.create(name="To the boss")
    step = EscalationStep.objects.create(policy=policy, number=1, wait_minutes=5)
    step.targets.add(Target.objects.create(name="boss", address="boss"))
    NotificationPolicy.objects.filter(name="Critical").update(escalation=policy)


def at(minute: int) -> None:
    consume(NOW + minute * MINUTE)
    deliver(lambda: NOW + minute * MINUTE)


def fire(scope: Scope, sign: str, minute: int = 0) -> Alert:
    judge(scope, sign, minute, data=KNOWN)
    at(minute)
    return Alert.objects.get(scope=scope, dedup_key__isnull=False)


def two(rule: Rule, signs: str) -> list[Alert]:
    """Open alerts of one cause, of these severities; the first leads."""
    return [fire(make_scope(rule, f"/r/{number}"), sign) for number, sign in enumerate(signs)]


def pages() -> list[tuple[str, str]]:
    """Kind and alert of the messages that call somebody, in order."""
    calling = Delivery.objects.filter(kind__in=["firing", "severity", "expired", "repeated"]).exclude(
        status="overtaken"
    )
    return list(calling.order_by("pk").values_list("kind", "alert__group_key"))


def test_what_was_told_of_an_alert_that_is_over_does_not_count_for_a_later_one() -> None:
    rule, ada = make_rule(), make_user("ada")
    critical, high = two(rule, "ch")
    acknowledge(critical.pk, ada, NOW)
    resolve(critical.pk, ada, NOW)
    assert AlertGroup.objects.get(closed_at=None).severity == 2
    assert Alert.objects.get(pk=high.pk).handling == "acknowledged"
    fire(high.scope, "c", 1)
    assert pages() == [("firing", "/r/0"), ("severity", "/r/1")]


@pytest.mark.usefixtures("escalating")
def test_a_later_critical_one_begins_the_escalation_anew() -> None:
    rule, ada = make_rule(), make_user("ada")
    critical, _ = two(rule, "ch")
    acknowledge(critical.pk, ada, NOW)
    assert Escalation.objects.get().status == "stopped"
    resolve(critical.pk, ada, NOW)
    fire(make_scope(rule, "/r/2"), "c", 1)
    assert pages() == [("firing", "/r/0"), ("severity", "/r/2")]
    again = Escalation.objects.get()
    assert (again.status, again.due_at) == ("waiting", NOW + 6 * MINUTE)


@pytest.mark.usefixtures("escalating")
def test_one_that_nobody_has_is_told_when_it_leads_in_place_of_an_acknowledged_one() -> None:
    ada = make_user("ada")
    first, second = two(make_rule(), "ch")
    acknowledge(first.pk, ada, NOW)
    fire(second.scope, "c", 1)  # its severity rose: its own acknowledgment is over
    assert pages() == [("firing", "/r/0")]  # the leader is as severe, and ada has it
    resolve(first.pk, ada, NOW + 2 * MINUTE)
    assert pages() == [("firing", "/r/0"), ("expired", "/r/1")]
    told = Delivery.objects.get(kind="expired")
    assert told.payload["why"] == (
        "DET-BETA-003 on /r/0 was acknowledged; DET-BETA-003 on /r/1, of the same cause, is not."
    )
    again = Escalation.objects.get()
    assert (again.status, again.due_at) == ("waiting", NOW + 2 * MINUTE)


def test_one_that_has_an_owner_leads_on_without_a_page() -> None:
    ada = make_user("ada")
    first, _ = two(make_rule(), "cc")
    acknowledge(first.pk, ada, NOW)
    resolve(first.pk, ada, NOW + timedelta(seconds=30))
    assert pages() == [("firing", "/r/0")]


def test_a_narrower_one_that_takes_the_lead_from_an_acknowledged_one_is_told() -> None:
    ada = make_user("ada")
    wide = fire(make_scope(make_rule("DET-OPS-002"), "/api/beta/preview/*"), "c")
    acknowledge(wide.pk, ada, NOW)
    fire(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002"), "/api/beta/preview/*"), "c", 1)
    assert pages() == [("firing", "/api/beta/preview/*"), ("expired", "/api/beta/preview/*")]


def sent() -> list[tuple[str, str]]:
    return list(Delivery.objects.filter(status="sent").order_by("pk").values_list("kind", "alert__group_key"))


def test_the_hidden_message_of_one_that_is_over_keeps_nobody_waiting_for_the_next() -> None:
    make_silence(matchers={"group": ["/r/*"]})
    first, second = two(make_rule(), "hh")
    Silence.objects.update(matchers={"group": ["/r/0"]})
    resolve(first.pk, make_user(), NOW + timedelta(seconds=1))
    deliver(lambda: NOW + MINUTE)
    assert sent() == [("firing", "/r/1")]
    assert set(Delivery.objects.filter(alert=first).values_list("status", flat=True)) == {"overtaken"}
    fire(second.scope, "c", 1)
    assert sent()[-1] == ("severity", "/r/1")


def test_a_member_rises_above_a_hidden_leader_and_the_end_of_the_silence_does_not_overtake_it() -> None:
    hides = make_silence(matchers={"group": ["/r/*"], "severity": ["high"]})
    _, second = two(make_rule(), "hh")
    fire(second.scope, "c", 1)
    deliver(lambda: hides.ends_at + MINUTE)
    assert ("severity", "/r/1") in sent()


def test_what_is_released_is_about_the_leader_where_its_alert_is_over() -> None:
    hides = make_silence(matchers={"group": ["/r/*"]})
    rule = make_rule()
    first = fire(make_scope(rule, "/r/0"), "h")
    boss = Target.objects.create(name="boss", address="boss")
    Delivery.objects.update(kind="escalation", target=boss)  # no other message goes there
    second = fire(make_scope(rule, "/r/1"), "h")
    resolve(first.pk, make_user(), NOW + timedelta(seconds=1))
    deliver(lambda: hides.ends_at + MINUTE)
    released = Delivery.objects.get(kind="escalation")
    assert (released.status, released.alert, released.payload["group"]) == ("sent", second, "/r/1")


def test_an_unhidden_one_pages_where_the_page_of_one_as_severe_is_hidden() -> None:
    rule = make_rule()
    first = fire(make_scope(rule, "/r/0"), "h")
    make_silence(matchers={"group": ["/r/0"]})
    fire(first.scope, "c", 1)
    assert sent() == [("firing", "/r/0")]
    fire(make_scope(rule, "/r/1"), "c", 2)
    assert sent() == [("firing", "/r/0"), ("firing", "/r/1")]
    assert Delivery.objects.latest("pk").payload["severity"] == "critical"


def test_one_that_joins_in_the_batch_of_a_rise_leaves_the_new_severity_in_the_page() -> None:
    rule = make_rule()
    first = fire(make_scope(rule, "/r/0"), "h")
    judge(first.scope, "c", 1, data=KNOWN)
    judge(make_scope(rule, "/r/1"), "h", 1, data=KNOWN)
    consume(NOW + MINUTE)
    assert Delivery.objects.get(kind="severity").payload["severity"] == "critical"


@pytest.mark.parametrize("signs", ["cc", "ch"])
def test_one_that_joins_as_the_leaders_acknowledgment_ends_is_not_acknowledged(signs: str) -> None:
    rule = make_rule()
    first = fire(make_scope(rule, "/r/0"), "h")
    acknowledge(first.pk, make_user("ada"), NOW)
    judge(first.scope, signs[0], 1, data=KNOWN)
    judge(make_scope(rule, "/r/1"), signs[1], 1, data=KNOWN)
    consume(NOW + MINUTE)
    assert list(Alert.objects.order_by("pk").values_list("handling", flat=True)) == ["unacknowledged"] * 2
    assert AlertGroup.objects.get().leader == first
    assert pages() == [("firing", "/r/0"), ("severity", "/r/0")]
