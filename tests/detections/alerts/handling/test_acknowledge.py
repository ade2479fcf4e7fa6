"""People's acts: idempotent, one winner, and an acknowledgment that runs out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import Conflict, acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(minutes=1)


def firing(sign: str = "c") -> Alert:
    judge(make_scope(), sign, 0)
    consume(NOW)
    Delivery.objects.update(status="sent", tries=1)
    return Alert.objects.get()


def kinds(alert: Alert) -> list[str]:
    return list(alert.log.values_list("kind", flat=True))


def test_who_and_when_stand_on_the_alert_and_in_the_log() -> None:
    ada = make_user("ada")
    alert = acknowledge(firing().pk, ada, NOW)
    alert.refresh_from_db()
    assert (alert.handling, alert.acknowledged_by, alert.acknowledged_at) == ("acknowledged", ada, NOW)
    row = alert.log.get(kind="acknowledged")
    assert (row.actor, row.actor_name, row.at, row.old, row.new) == (ada, "ada", NOW, "unacknowledged", "acknowledged")
    told = alert.deliveries.get(kind="acknowledged")
    assert (told.target.address, told.payload["actor"]) == ("#raxx-ops-alert-sev1", "ada")


def test_again_by_the_same_person_changes_nothing() -> None:
    ada = make_user("ada")
    first = acknowledge(firing().pk, ada, NOW)
    again = acknowledge(first.pk, ada, NOW + MINUTE, seen=first.revision - 1)
    assert (again.revision, again.acknowledged_at) == (first.revision, NOW)
    assert kinds(first).count("acknowledged") == 1


def test_a_second_person_is_told_who_was_first() -> None:
    alert = acknowledge(firing().pk, make_user("ada"), NOW)
    with pytest.raises(Conflict, match="ada acknowledged it first") as raised:
        acknowledge(alert.pk, make_user("bob"), NOW)
    assert raised.value.alert.acknowledged_by is not None


def test_what_rose_since_it_was_seen_must_be_seen_again() -> None:
    alert = firing("h")
    judge(alert.scope, "c", 1)
    consume(NOW)
    with pytest.raises(Conflict, match="changed since you saw it"):
        acknowledge(alert.pk, make_user(), NOW, seen=alert.revision)
    assert acknowledge(alert.pk, make_user(), NOW).handling == "acknowledged"


def test_what_is_over_cannot_be_acknowledged() -> None:
    alert = firing()
    judge_all(alert.scope, "......", start=1)
    consume(NOW)
    with pytest.raises(Conflict, match="already over"):
        acknowledge(alert.pk, make_user(), NOW)


def test_a_token_is_named_beside_its_owner() -> None:
    alert = acknowledge(firing().pk, make_user("ada"), NOW, actor="ada (deploy bot)")
    assert alert.log.get(kind="acknowledged").actor_name == "ada (deploy bot)"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [acknowledge, resolve])
def test_of_people_at_once_one_wins_and_the_others_are_told_who(act: Callable[..., Alert]) -> None:
    alert = firing()
    people = [make_user(f"person-{number}") for number in range(4)]
    results = race(lambda number: act(alert.pk, people[number], NOW, seen=alert.revision))
    won = [result for result in results if isinstance(result, Alert)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(won), len(lost)) == (1, 3), results
    winner = won[0].acknowledged_by or won[0].resolved_by
    assert winner is not None
    assert all(winner.username in conflict.message for conflict in lost)
    assert kinds(alert)[1:] == ["acknowledged" if act is acknowledge else "resolved"]


@pytest.mark.django_db(transaction=True)
def test_one_person_clicking_at_once_acknowledges_once() -> None:
    alert, ada = firing(), make_user("ada")
    results = race(lambda _: acknowledge(alert.pk, ada, NOW, seen=alert.revision))
    assert all(isinstance(result, Alert) for result in results), results
    assert kinds(alert)[1:] == ["acknowledged"]


@pytest.mark.django_db(transaction=True)
def test_verdicts_and_people_at_once_do_not_deadlock() -> None:
    alert, ada = firing("h"), make_user("ada")
    judge_all(alert.scope, "hchc.h", start=1)
    acts: list[Callable[[], object]] = [
        lambda: consume(NOW),
        lambda: resolve(alert.pk, ada, NOW),
        lambda: acknowledge(alert.pk, ada, NOW),
    ]
    results = race(lambda number: acts[number](), people=3)
    assert [r for r in results if isinstance(r, Exception) and not isinstance(r, Conflict)] == []
    alert.refresh_from_db()
    assert alert.status == "resolved"


@pytest.mark.parametrize(("sign", "minutes"), [("c", 30), ("h", 120)])
def test_an_acknowledgment_is_reminded_of_and_runs_out(sign: str, minutes: int) -> None:
    alert = acknowledge(firing(sign).pk, make_user("ada"), NOW)
    assert expire(NOW + timedelta(minutes=minutes, seconds=-1)) == 0
    reminded = NOW + timedelta(minutes=minutes)
    assert expire(reminded) == 1
    assert alert.deliveries.get(kind="reminder").payload["actor"] == "ada"
    assert expire(reminded + timedelta(minutes=9)) == 0
    assert expire(reminded + timedelta(minutes=10)) == 1
    alert.refresh_from_db()
    assert (alert.handling, alert.acknowledged_by, alert.due_at) == ("unacknowledged", None, None)
    assert kinds(alert)[-3:] == ["acknowledged", "reminder", "unacknowledged"]
    assert alert.deliveries.filter(kind="expired").count() == 1


def test_acknowledging_again_after_the_reminder_renews_it() -> None:
    ada = make_user("ada")
    alert = acknowledge(firing().pk, ada, NOW)
    reminded = NOW + timedelta(minutes=30)
    expire(reminded)
    renewed = acknowledge(alert.pk, ada, reminded + MINUTE)
    assert renewed.acknowledged_until == reminded + 31 * MINUTE
    assert expire(reminded + timedelta(minutes=10)) == 0


def test_a_renewal_is_told_to_whom_the_reminder_paged() -> None:
    ada = make_user("ada")
    alert = acknowledge(firing().pk, ada, NOW)
    reminded = NOW + timedelta(minutes=30)
    expire(reminded)
    for _ in range(2):  # the second changes nothing
        acknowledge(alert.pk, ada, reminded + MINUTE)
    told = alert.deliveries.order_by("sequence")
    assert [row.kind for row in told] == ["firing", "acknowledged", "reminder", "acknowledged"]
    assert len({row.target_id for row in told}) == 1
    assert (told[3].payload["actor"], told[3].payload["why"]) == ("ada", "ada keeps it.")
    assert [row.payload["acknowledged_by"] for row in told] == ["", "ada", "ada", "ada"]
    expire(reminded + timedelta(hours=2))
    expire(reminded + timedelta(hours=3))
    expired = alert.deliveries.get(kind="expired").payload
    assert (expired["acknowledged_by"], expired["quiet"]) == ("", False)


def test_after_a_downtime_it_is_reminded_once_with_its_full_grace() -> None:
    alert = acknowledge(firing().pk, make_user(), NOW)
    back = NOW + timedelta(hours=9)
    assert expire(back) == 1
    assert expire(back) == 0
    alert.refresh_from_db()
    assert alert.due_at == back + timedelta(minutes=10)


def test_a_medium_alert_keeps_its_acknowledgment() -> None:
    assert acknowledge(firing("m").pk, make_user(), NOW).due_at is None


def test_the_end_of_the_episode_ends_the_waiting() -> None:
    alert = acknowledge(firing().pk, make_user(), NOW)
    resolve(alert.pk, make_user(), NOW)
    assert expire(NOW + timedelta(days=1)) == 0


def test_resolve_says_who_and_is_told_to_whom_was_told() -> None:
    ada = make_user("ada")
    alert = resolve(firing().pk, ada, NOW)
    assert (alert.status, alert.dedup_key, alert.resolved_by) == ("resolved", None, ada)
    assert alert.log.get(kind="resolved").actor_name == "ada"
    assert alert.deliveries.get(kind="resolved").payload["actor"] == "ada"
    assert resolve(alert.pk, ada, NOW + MINUTE).resolved_at == NOW
    with pytest.raises(Conflict, match="ada resolved it first"):
        resolve(alert.pk, make_user("bob"), NOW)


def test_a_resolve_of_what_the_engine_resolved_says_so() -> None:
    alert = firing()
    judge_all(alert.scope, "......", start=1)
    consume(NOW)
    with pytest.raises(Conflict, match="already over"):
        resolve(alert.pk, make_user(), NOW)
