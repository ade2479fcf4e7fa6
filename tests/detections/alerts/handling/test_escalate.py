"""Escalations of alerts: who is told when, what stops and resumes it, and that nothing is told twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.episode.store import close
from detections.alerts.escalation.models import Escalation, EscalationPolicy, EscalationStep, OwnerTarget
from detections.alerts.handling import escalate as escalating
from detections.alerts.handling.acknowledge import acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.escalate import escalate
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.tasks import work_alerts
from opsconsole.accounts.models import Owner
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_scope, make_user
from tests.detections.alerts.silences.makers import make_silence

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


def target(name: str) -> Target:
    return Target.objects.get_or_create(name=name, defaults={"address": name})[0]


def owner(name: str, *targets: str) -> Owner:
    made, _ = Owner.objects.get_or_create(name=name)
    for each in targets:
        OwnerTarget.objects.get_or_create(owner=made, target=target(each))
    return made


def two_steps(policy: str = "Critical", repeat: int = 0) -> EscalationPolicy:
    """After 5 minutes sre-agent by its pager, after 10 more the boss."""
    made = EscalationPolicy.objects.create(name=f"Two steps of {policy}", repeat=repeat)
    first = EscalationStep.objects.create(policy=made, number=1, wait_minutes=5)
    first.owners.set([owner("sre-agent", "pager of sre")])
    second = EscalationStep.objects.create(policy=made, number=2, wait_minutes=10)
    second.targets.set([target("boss")])
    NotificationPolicy.objects.filter(name=policy).update(escalation=made)
    return made


def firing(sign: str = "c") -> Alert:
    judge(make_scope(), sign, 0)
    consume(NOW)
    return Alert.objects.get()


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def told(alert: Alert) -> list[tuple[str, str]]:
    """(target, what) of the messages of its steps."""
    rows = alert.deliveries.filter(kind="escalation").order_by("sequence", "target__name")
    return [(row.target.name, row.routing[0]["why"]) for row in rows.select_related("target")]


def logged(alert: Alert) -> list[str]:
    return list(alert.log.filter(kind="escalation").values_list("new", flat=True))


def test_each_step_tells_its_own_after_its_wait_and_the_end_is_logged() -> None:
    two_steps()
    alert = firing()
    assert escalate(at(4.9)) == 0
    assert escalate(at(5)) == 1
    assert escalate(at(5)) == 0
    assert told(alert) == [("pager of sre", "step 1 of 2")]
    assert escalate(at(14.9)) == 0
    assert escalate(at(15)) == 1
    assert told(alert) == [("pager of sre", "step 1 of 2"), ("boss", "step 2 of 2")]
    assert escalate(at(24.9)) == 0
    assert escalate(at(25)) == 1
    assert escalate(at(10_000)) == 0
    assert len(told(alert)) == 2
    assert logged(alert) == [
        "step 1 of 2: tells sre-agent",
        "step 2 of 2: tells boss",
        "nobody answered; all steps done",
    ]
    messages = alert.deliveries.filter(kind="escalation").order_by("sequence")
    assert [row.payload["why"] for row in messages] == [
        "Step 1 of 2: not acknowledged for 5 minutes.",
        "Step 2 of 2: not acknowledged for 15 minutes.",
    ]


def test_all_steps_are_repeated_as_often_as_the_policy_says() -> None:
    two_steps(repeat=1)
    alert = firing()
    for minutes in range(60):
        escalate(at(minutes))
    assert [what for _, what in told(alert)] == [
        "step 1 of 2",
        "step 2 of 2",
        "step 1 of 2, repeat 1",
        "step 2 of 2, repeat 1",
    ]
    assert logged(alert)[-1] == "nobody answered; all steps done"


def test_an_alert_whose_policy_has_none_is_not_escalated() -> None:
    two_steps("High, business hours")
    alert = firing("c")
    assert escalate(at(1000)) == 0
    assert not Escalation.objects.exists()
    assert told(alert) == []


def test_what_waits_for_the_daily_summary_is_not_escalated() -> None:
    two_steps("Medium, daily summary")
    firing("m")
    assert not Escalation.objects.exists()


def test_of_several_policies_the_first_with_an_escalation_counts_also_for_a_target_of_both() -> None:
    policy = two_steps("Critical")
    both = NotificationPolicy.objects.create(order=1, name="Before", continue_matching=True)
    both.targets.set([Target.objects.get(name="SEV-1")])
    alert = firing()
    assert Escalation.objects.get(group__leader=alert).policy == policy
    assert alert.deliveries.count() == 1


def test_the_steps_are_those_of_the_first_routing() -> None:
    policy = two_steps()
    alert = firing()
    policy.steps.all().delete()
    NotificationPolicy.objects.update(escalation=None)
    policy.delete()
    assert escalate(at(5)) == 1
    assert told(alert) == [("pager of sre", "step 1 of 2")]


def test_a_target_bound_meanwhile_is_told() -> None:
    two_steps()
    alert = firing()
    OwnerTarget.objects.all().delete()
    owner("sre-agent", "new pager")
    escalate(at(5))
    assert told(alert) == [("new pager", "step 1 of 2")]


def test_after_a_downtime_the_due_step_runs_once_and_the_next_has_its_whole_wait() -> None:
    two_steps()
    alert = firing()
    assert escalate(at(600)) == 1
    assert escalate(at(600)) == 0
    assert escalate(at(609)) == 0
    assert escalate(at(610)) == 1
    assert len(told(alert)) == 2


def test_an_acknowledgment_stops_it_and_its_end_resumes_the_interrupted_step_now() -> None:
    two_steps()
    alert = firing()
    escalate(at(5))
    acknowledge(alert.pk, make_user("ada"), at(6))
    assert escalate(at(30)) == 0
    expire(at(36))
    expire(at(46))
    assert escalate(at(46)) == 1
    assert told(alert)[-1] == ("boss", "step 2 of 2")
    assert alert.deliveries.get(target__name="boss").payload["why"] == "Step 2 of 2: the acknowledgment ran out."


def test_an_acknowledgment_takes_back_a_step_that_was_not_sent_and_tells_those_that_were_told() -> None:
    two_steps()
    alert = firing()
    escalate(at(5))
    deliver(lambda: at(5))
    escalate(at(15))  # the boss is not told yet
    acknowledge(alert.pk, make_user("ada"), at(15))
    assert alert.deliveries.get(target__name="boss").status == "overtaken"
    informed = alert.deliveries.filter(kind="acknowledged").values_list("target__name", flat=True)
    assert set(informed) == {"SEV-1", "pager of sre"}
    deliver(lambda: at(16))
    resolve(alert.pk, make_user("bob"), at(17))
    informed = alert.deliveries.filter(kind="resolved").values_list("target__name", flat=True)
    assert set(informed) == {"SEV-1", "pager of sre"}


def test_a_rise_in_severity_begins_anew() -> None:
    two_steps("Critical")
    two_steps("High, business hours")
    alert = firing("h")
    escalate(at(5))
    acknowledge(alert.pk, make_user("ada"), at(6))
    judge(alert.scope, "c", 7)
    consume(at(7))
    alert.refresh_from_db()
    escalation = Escalation.objects.get(group__leader=alert)
    assert (escalation.policy_name, escalation.step) == ("Two steps of Critical", 0)
    assert (escalation.status, escalation.due_at) == ("waiting", at(12))


def test_a_rise_whose_policy_has_none_begins_the_former_anew() -> None:
    two_steps("High, business hours")
    alert = firing("h")
    escalate(at(5))
    judge(alert.scope, "c", 7)
    consume(at(7))
    escalation = Escalation.objects.get()
    assert (escalation.policy_name, escalation.step, escalation.due_at) == (
        "Two steps of High, business hours",
        0,
        at(12),
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_end_of_the_alert_ends_it(by_hand: bool) -> None:
    two_steps()
    alert = firing()
    if by_hand:
        resolve(alert.pk, make_user("ada"), at(1))
    else:
        judge_all(alert.scope, "......", start=1)
        consume(at(7))
    assert (Escalation.objects.get().status, Escalation.objects.get().due_at) == ("ended", None)
    assert escalate(at(100)) == 0


def test_a_closed_or_acknowledged_alert_is_never_escalated_whatever_its_row_says() -> None:
    two_steps()
    alert = firing()
    alert.status = "resolved"
    close(alert, at(1), "cleared")
    alert.save()
    assert escalate(at(100)) == 0
    assert told(alert) == []


def test_a_held_back_alert_is_escalated_when_nothing_holds_it_back_any_more() -> None:
    two_steps()
    alert = firing()
    hides = make_silence(ends_at=at(6.5))
    assert escalate(at(5)) == 0
    held = Escalation.objects.get()
    assert held.held_back.startswith(f"hidden by {hides} until")
    assert held.due_at == at(6)
    assert escalate(at(6)) == 0
    assert escalate(at(7)) == 1
    assert Escalation.objects.get().held_back == ""
    assert told(alert) == [("pager of sre", "step 1 of 2")]


def test_a_step_that_reaches_nobody_says_so_and_the_next_follows_at_once() -> None:
    two_steps()
    OwnerTarget.objects.all().delete()
    alert = firing()
    escalate(at(5))
    assert told(alert) == []
    row = alert.log.get(kind="escalation")
    assert row.new == "step 1 of 2: nobody could be told"
    assert "sre-agent cannot be told: no target is bound to it." in row.why
    assert escalate(at(5)) == 1
    assert told(alert) == [("boss", "step 2 of 2")]


def test_a_failure_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    two_steps()
    alert = firing()

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed between the message and the step")

    with monkeypatch.context() as patched:
        patched.setattr(escalating.rows, "write", killed)
        assert escalate(at(5)) == 0
    assert told(alert) == []
    assert logged(alert) == []
    assert escalate(at(5)) == 1
    assert told(alert) == [("pager of sre", "step 1 of 2")]


@pytest.mark.django_db(transaction=True)
def test_of_workers_at_once_one_runs_the_step() -> None:
    two_steps()
    alert = firing()
    results = race(lambda _: escalate(at(5)))
    assert sorted(results, key=str) == [0, 0, 0, 1], results
    assert told(alert) == [("pager of sre", "step 1 of 2")]


@pytest.mark.django_db(transaction=True)
def test_an_acknowledgment_at_the_same_moment_comes_before_or_after_the_step() -> None:
    two_steps()
    alert, ada = firing(), make_user("ada")
    acts = [lambda: escalate(at(5)), lambda: acknowledge(alert.pk, ada, at(5))]
    results = race(lambda number: acts[number](), people=2)
    assert not [each for each in results if isinstance(each, Exception)], results
    escalation = Escalation.objects.get()
    assert (escalation.status, escalation.step) == ("stopped", len(logged(alert)))


def test_the_database_refuses_a_due_time_without_a_wait() -> None:
    two_steps()
    firing()
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.update(status="stopped")


def test_the_task_of_the_alerts_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    two_steps()
    alert = firing()
    monkeypatch.setattr("opsconsole.lib.clock.now", lambda: at(5))
    work_alerts()
    assert told(alert) == [("pager of sre", "step 1 of 2")]


def test_a_look_at_the_clock_is_one_query(django_assert_num_queries: object) -> None:
    two_steps()
    firing()
    with django_assert_num_queries(1):  # type: ignore[operator]
        escalate(at(4))


def test_kinds_of_messages_have_a_headline() -> None:
    from detections.alerts.channels.messages import render

    for kind in Delivery.Kind.values:
        assert render({"kind": kind, "rule": "R", "severity": "critical"}).headline
