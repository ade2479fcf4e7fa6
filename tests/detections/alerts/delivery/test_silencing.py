"""Messages of hidden alerts wait, and say why they come when the silence is over; what was begun is finished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.alerts.channels.notification import Retry
from detections.alerts.delivery.held_back import held_back
from detections.alerts.delivery.outbox import claim, record_outcome
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert, AlertMember
from detections.alerts.silences import acts
from detections.rules.lifecycle.mute import mute, unmute
from detections.rules.silence_models import Silence
from tests.detections.alerts.delivery.queue import queue
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user
from tests.detections.alerts.silences.makers import HOUR, make_silence

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


def send(moment: datetime = NOW) -> None:
    deliver(lambda: moment)


def fire(sign: str = "h", minute: int = 0, **spec: Any) -> Alert:
    scope = make_scope(make_rule(**spec))
    judge(scope, sign, minute)
    consume(NOW)
    return Alert.objects.get(scope=scope)


def told(alert: Alert) -> list[tuple[str, str]]:
    """Kind and status of its messages, in order; each policy of these tests has one target."""
    return list(alert.deliveries.order_by("sequence", "id").values_list("kind", "status"))


def test_a_hidden_alert_is_there_and_its_message_waits() -> None:
    hides = make_silence(matchers={"rule": ["DET-BETA-*"]})
    alert = fire()
    send()
    assert told(alert) == [("firing", "suppressed")]
    assert (alert.status, alert.handling) == ("firing", "unacknowledged")
    delivery = alert.deliveries.get()
    assert delivery.silence == hides
    assert delivery.routing[-1] == {
        "policy": "silence",
        "matched": False,
        "why": f"hidden by silence {hides.pk} (deploy) until 2026-06-12 15:00:00 UTC",
    }
    assert delivery.outcome.startswith("Hidden by silence")


@pytest.mark.parametrize(
    "matchers",
    [
        {"rule": ["DET-OPS-*"]},
        {"severity": ["medium"]},
        {"project": ["raptor"], "environment": ["staging"]},
        {"group": ["/api/orders"]},
        {"label:team": ["*"]},
    ],
)
def test_another_alert_is_not_hidden(matchers: dict[str, list[str]]) -> None:
    make_silence(matchers=matchers)
    alert = fire()
    send()
    assert told(alert) == [("firing", "sent")]


@pytest.mark.parametrize(("starts", "ends"), [(START + HOUR, START + 2 * HOUR), (START - 2 * HOUR, NOW)])
def test_planned_and_ended_ones_hide_nothing(starts: datetime, ends: datetime) -> None:
    make_silence(starts_at=starts, ends_at=ends)
    alert = fire()
    send()
    assert told(alert) == [("firing", "sent")]


def test_the_message_that_waited_says_why_it_comes() -> None:
    hides = make_silence()
    alert = fire()
    send()
    end = hides.ends_at
    send(end - MINUTE)
    assert told(alert) == [("firing", "suppressed")]
    send(end)
    assert told(alert) == [("firing", "sent")]
    facts = alert.deliveries.get().payload
    assert facts["why"] == (
        f"Silence {hides.pk} (deploy) ended at 2026-06-12 15:00:00 UTC; still firing since 2026-06-12 14:00:00 UTC."
    )
    assert facts["kind"] == "firing"


def test_its_facts_are_as_of_when_it_comes() -> None:
    hides = make_silence()
    alert = fire("h")
    send()
    before = alert.deliveries.get().payload
    judge(alert.scope, "c", 1)
    consume(NOW + MINUTE)
    send(hides.ends_at)
    after = alert.deliveries.order_by("sequence").first()
    assert after is not None
    assert after.payload["severity"] == "critical"
    assert [after.payload[name] for name in ("message_id", "episode")] == [
        before[name] for name in ("message_id", "episode")
    ]


def test_ended_early_it_names_who_ended_it_and_does_not_wait_for_the_next_check() -> None:
    hides = make_silence()
    alert = fire()
    send()
    acts.end(hides.pk, NOW, by=make_user("grace"), actor="Grace Hopper")
    send(NOW)
    assert "ended at 2026-06-12 14:01:00 UTC by Grace Hopper" in alert.deliveries.get().payload["why"]


def test_a_second_silence_goes_on_hiding() -> None:
    first, second = make_silence(), make_silence(ends_at=START + 2 * HOUR)
    alert = fire()
    send(first.ends_at)
    assert told(alert) == [("firing", "suppressed")]
    assert alert.deliveries.get().silence == second


def test_outside_of_its_hours_a_recurring_one_hides_nothing() -> None:
    hides = make_silence(
        ends_at=START + 30 * 24 * HOUR,
        weekdays=[4],
        window_start="09:00",
        window_end="11:00",
        zone="America/New_York",
    )
    alert = fire()
    send()  # Friday, 10:01 in New York
    assert told(alert) == [("firing", "suppressed")]
    send(START + HOUR)
    assert told(alert) == [("firing", "sent")]
    why = alert.deliveries.get().payload["why"]
    assert why.startswith(f"Silence {hides.pk} (deploy) paused at 2026-06-12 15:00:00 UTC, the end of its hours;")


def test_a_resolve_overtakes_what_was_hidden_and_nobody_is_told() -> None:
    make_silence()
    alert = fire()
    send()
    resolve(alert.pk, make_user(), NOW)
    send(NOW + 2 * HOUR)
    assert told(alert) == [("firing", "overtaken")]


def test_a_resolve_and_an_acknowledgment_reach_who_was_told_before_the_silence() -> None:
    alert = fire()
    send()
    make_silence()
    acknowledge(alert.pk, make_user(), NOW)
    send()
    resolve(alert.pk, make_user(), NOW)
    send()
    assert told(alert) == [("firing", "sent"), ("acknowledged", "sent"), ("resolved", "sent")]


def test_what_was_tried_goes_on_under_a_silence_so_that_its_end_is_told() -> None:
    alert = fire()
    (delivery,) = claim(NOW)
    record_outcome(delivery, Retry("no answer"), NOW)
    make_silence()
    send(NOW + 5 * MINUTE)
    resolve(alert.pk, make_user(), NOW + 6 * MINUTE)
    send(NOW + 6 * MINUTE)
    assert told(alert) == [("firing", "sent"), ("resolved", "sent")]


def test_a_silence_made_while_the_alert_is_pending_holds() -> None:
    scope = make_scope(make_rule(for_minutes=3))
    judge(scope, "h", 0)
    consume(NOW)
    assert Alert.objects.get().status == "pending"
    make_silence(matchers={"rule": ["DET-BETA-003"]})
    for minute in range(1, 5):
        judge(scope, "h", minute)
    consume(NOW + 4 * MINUTE)
    send(NOW + 4 * MINUTE)
    alert = Alert.objects.get()
    assert (alert.status, told(alert)) == ("firing", [("firing", "suppressed")])


def test_a_rise_in_severity_passes_a_silence_of_the_lower_one() -> None:
    hides = make_silence(matchers={"severity": ["high", "medium"]})
    alert = fire("h")
    send()
    judge(alert.scope, "c", 1)
    consume(NOW + MINUTE)
    send(NOW + MINUTE)
    first, *later = alert.deliveries.order_by("sequence", "id")
    assert (first.kind, first.status) == ("firing", "sent")
    assert first.payload["severity"] == "critical"
    assert f"Silence {hides.pk} (deploy) does not cover it any more" in first.payload["why"]
    # The target that got it is not told twice; that of critical alerts is told by the rise.
    assert {row.status for row in later if row.target_id == first.target_id} <= {"overtaken"}
    assert {row.status for row in later if row.target_id != first.target_id} <= {"sent"}


def test_of_what_waits_for_one_target_the_first_comes_with_what_is_so_by_then() -> None:
    hides = make_silence(ends_at=START + 4 * HOUR)
    alert = fire("c")
    send()
    person = make_user("ada")
    acknowledge(alert.pk, person, NOW)
    for hour in (1, 2):  # the reminder, then the end of the acknowledgment
        expire(NOW + hour * HOUR)
        send(NOW + hour * HOUR)
    acknowledge(alert.pk, person, NOW + 3 * HOUR)
    send(hides.ends_at)
    assert {status for kind, status in told(alert) if kind == "firing"} == {"sent"}
    assert {status for kind, status in told(alert) if kind != "firing"} <= {"overtaken"}
    assert "ada acknowledged it." in Delivery.objects.get(alert=alert, kind="firing").payload["why"]


def test_a_reminder_under_a_silence_is_not_sent_later() -> None:
    alert = fire("c")
    send()
    acknowledge(alert.pk, make_user(), NOW)
    send()
    hides = make_silence()
    expire(NOW + 30 * MINUTE)
    send(NOW + 30 * MINUTE)
    reminder = alert.deliveries.get(kind="reminder")
    assert (reminder.status, reminder.routing[-1]["policy"]) == ("overtaken", "silence")
    send(hides.ends_at)
    assert alert.deliveries.get(kind="reminder").status == "overtaken"


def test_a_shared_alert_is_hidden_by_a_group_only_where_that_covers_all_its_groups() -> None:
    alert = fire("h", group_by="route", selector={"sources": [{"source": "sentry"}]})
    Alert.objects.update(group_key="(more)")
    for number in (1, 2):
        scope = make_scope(alert.rule, group_key=f"/api/{number}")
        values = {"severity": 2, "slot_severity": 2, "joined_at": START, "last_firing_at": START}
        AlertMember.objects.create(alert=alert, scope=scope, **values)
    make_silence(matchers={"group": ["/api/1"]})
    covers = make_silence(matchers={"group": ["/api/*"]}, starts_at=NOW + MINUTE)
    send()
    assert told(alert) == [("firing", "sent")]
    Delivery.objects.update(status="queued", tries=0, next_attempt_at=NOW)
    send(NOW + MINUTE)
    assert alert.deliveries.get().silence == covers


def test_a_muted_rule_has_alerts_whose_messages_wait() -> None:
    rule = make_rule()
    mute(rule, START, HOUR, reason="tuning")
    alert = fire()
    send()
    assert told(alert) == [("firing", "suppressed")]
    unmute(rule, NOW)
    send(NOW + MINUTE)  # rules know nothing of messages: looked at within a minute
    assert told(alert) == [("firing", "sent")]


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def many_silences(number: int, **matchers: list[str]) -> None:
    numbers = count()
    for _ in range(number):
        make_silence(matchers={"rule": [f"DET-NONE-{next(numbers)}"], **matchers})


def test_the_queries_of_a_claim_grow_with_neither_silences_nor_messages() -> None:
    queue(2, "#one")
    many_silences(1)
    Delivery.objects.update(next_attempt_at=NOW)
    few = statements(lambda: claim(NOW, limit=16))
    Delivery.objects.all().delete()
    queue(14, "#one")
    many_silences(50)
    assert statements(lambda: claim(NOW, limit=16)) == few


def test_hidden_messages_do_not_keep_others_waiting() -> None:
    hidden_ones = queue(40, "#quiet")
    make_silence(matchers={"rule": ["DET-BETA-003"]})
    other = fire(identifier="DET-OPS-002")
    assert {delivery.alert_id for delivery in claim(NOW, limit=4)} == {other.pk}
    pks = [delivery.pk for delivery in hidden_ones]
    assert set(Delivery.objects.filter(pk__in=pks).values_list("status", flat=True)) == {"suppressed"}
    assert Silence.objects.get().deliveries.count() == 40


def of_one_cause() -> list[Alert]:
    """Three alerts of one group; the first leads."""
    rule = make_rule()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(3)]
    for scope in scopes:
        judge(scope, "h", 0, data={"signature": "secret mismatch", "cause": "mismatch"})
    consume(NOW)
    return list(Alert.objects.order_by("id"))


def test_a_group_whose_leader_is_hidden_is_told_by_the_strongest_that_is_not() -> None:
    hides = make_silence(matchers={"group": ["/r/0"]})
    leader, second, _ = of_one_cause()
    send()
    (message,) = Delivery.objects.all()
    assert (message.status, message.alert) == ("sent", second)
    assert message.payload["why"] == f"{leader} is hidden by {hides}; {second} is not."
    assert (message.payload["group"], message.payload["others"]) == ("/r/1", 2)


def test_a_group_of_which_all_are_hidden_waits() -> None:
    make_silence(matchers={"group": ["/r/*"]})
    of_one_cause()
    send()
    assert [message.status for message in Delivery.objects.all()] == ["suppressed"]


def test_an_escalation_waits_only_while_all_of_its_group_are_hidden() -> None:
    make_silence(matchers={"group": ["/r/0"]})
    leader, *_ = of_one_cause()
    assert held_back(leader, NOW) == ""
    make_silence(matchers={"group": ["/r/*"]})
    assert held_back(leader, NOW).startswith("hidden by silence")


@pytest.mark.parametrize("kind", ["handed_over", "responder", "called_off", "merged"])
def test_what_people_asked_for_passes_a_silence(kind: str) -> None:
    make_silence()
    alert = fire()
    alert.deliveries.update(kind=kind)
    send()
    assert told(alert) == [(kind, "sent")]


def test_what_waited_keeps_what_its_policy_and_the_step_said() -> None:
    hides = make_silence()
    alert = fire()
    said = {"tags": "pager", "grouped_by": "rule x", "actor": "ada", "why": "Step 1 of 2: not acknowledged."}
    row = alert.deliveries.get()
    row.kind, row.payload = "escalation", {**row.payload, **said}
    row.save()
    send()
    acts.end(hides.pk, NOW, by=make_user("bob"), actor="Bob")
    send()
    facts = alert.deliveries.get().payload
    assert {name: facts[name] for name in ("tags", "grouped_by", "actor")} == {
        name: said[name] for name in ("tags", "grouped_by", "actor")
    }
    assert facts["why"].startswith(f"Silence {hides.pk} (deploy) ended at")
    assert facts["why"].endswith(". Step 1 of 2: not acknowledged.")
