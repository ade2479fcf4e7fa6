"""What users of other consoles lose: acts and slots at the same moment, ends that do not arrive, reminders, order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.delivery.outbox import LEASE, claim, expire_leases
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import Conflict, acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import StillFiresError, resolve
from detections.alerts.models import Alert
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
OVER = 7  # minutes after which it has been clear for long enough
OFF_HOURS = timedelta(hours=9)  # 19:00 in New York


def firing(sign: str = "c") -> Alert:
    judge(make_scope(), sign, 0)
    consume(NOW)
    return Alert.objects.get()


class Receiver:
    """A channel that answers as told, then yes, and remembers the kinds of what it got."""

    def __init__(self, *answers: DeliveryOutcome) -> None:
        self.answers, self.kinds = list(answers), list[str]()

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        self.kinds.append(notification.facts["kind"])
        return self.answers.pop(0) if self.answers else Sent("ok")


def send(receiver: Receiver, moment: object = NOW) -> None:
    deliver(lambda: moment, {"console": receiver})  # type: ignore[arg-type, return-value]


@pytest.mark.django_db(transaction=True)
def test_an_acknowledge_while_it_resolves_never_opens_it_again() -> None:
    alert = firing()
    judge_all(alert.scope, "." * OVER, start=1)
    ada = make_user("ada")
    acts: list[Callable[[], object]] = [
        lambda: consume(NOW + OVER * MINUTE),
        lambda: acknowledge(alert.pk, ada, NOW + OVER * MINUTE, seen=alert.revision),
    ]
    results = race(lambda number: acts[number](), people=2)
    consume(NOW + OVER * MINUTE)  # while somebody acknowledges, a worker leaves the scope to the next run
    alert.refresh_from_db()
    assert (alert.status, alert.dedup_key) == ("resolved", None)
    assert Alert.objects.count() == 1
    log = list(alert.log.values_list("kind", flat=True))
    if isinstance(results[1], Conflict):
        assert "acknowledged" not in log
    else:  # it was first: it stands in the log, before the end
        assert log.index("acknowledged") < log.index("resolved")


def test_an_acknowledge_that_comes_after_the_end_is_refused() -> None:
    alert = firing()
    judge_all(alert.scope, "." * OVER, start=1)
    consume(NOW + OVER * MINUTE)
    with pytest.raises(Conflict, match="already over"):
        acknowledge(alert.pk, make_user(), NOW + OVER * MINUTE, seen=alert.revision)
    alert.refresh_from_db()
    assert (alert.status, alert.handling, alert.dedup_key) == ("resolved", "unacknowledged", None)


def test_resolving_what_fires_asks_once() -> None:
    alert, ada = firing(), make_user()
    with pytest.raises(StillFiresError, match=r"stays quiet until .* everybody who was told"):
        resolve(alert.pk, ada, NOW, seen=alert.revision, confirmed=False)
    alert.refresh_from_db()
    assert alert.status == "firing"
    assert resolve(alert.pk, ada, NOW, seen=alert.revision, confirmed=True).status == "resolved"
    assert resolve(alert.pk, ada, NOW, confirmed=False).changed is False  # the same again asks no more


def test_resolving_what_recovers_asks_nothing() -> None:
    alert = firing()
    judge(alert.scope, ".", 1)
    consume(NOW + MINUTE)
    assert resolve(alert.pk, make_user(), NOW + MINUTE, confirmed=False).status == "resolved"


@pytest.mark.parametrize("acknowledged", [True, False])
def test_the_end_reaches_whoever_was_told_at_any_hour(acknowledged: bool) -> None:
    alert, receiver = firing("h"), Receiver()
    send(receiver)
    told = set(alert.deliveries.values_list("target", flat=True))
    if acknowledged:
        acknowledge(alert.pk, make_user(), NOW)
    resolve(alert.pk, make_user(), NOW + OFF_HOURS)
    send(receiver, NOW + OFF_HOURS)
    ends = alert.deliveries.filter(kind="resolved")
    assert set(ends.values_list("target", flat=True)) == told != set()
    assert set(ends.values_list("status", flat=True)) == {"sent"}


def test_the_end_reaches_those_who_may_have_been_told() -> None:
    """Its sender died: whether it was sent is not known, and then a day passed."""
    alert = firing()
    for tries in range(2):
        moment = NOW + tries * 2 * LEASE
        assert claim(moment)
        expire_leases(moment + LEASE)
    Delivery.objects.update(status="dead", next_attempt_at=None)
    resolve(alert.pk, make_user(), NOW + timedelta(days=2))
    assert alert.deliveries.filter(kind="resolved").count() == 1


def test_whom_every_try_was_refused_gets_no_end() -> None:
    alert, receiver = firing(), Receiver(Rejected("404"))
    send(receiver)
    resolve(alert.pk, make_user(), NOW)
    assert not alert.deliveries.filter(kind="resolved").exists()


def wide_alert() -> Alert:
    """DET-OPS-002 fires first, DET-BETA-003, which holds it back, a minute later."""
    wide = make_scope(make_rule("DET-OPS-002", group_by="route"), group_key="/api/beta/preview/{token}/screen/1")
    judge(wide, "h", 0)
    consume(NOW)
    judge(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002")), "c", 1)
    return Alert.objects.get()


def test_the_end_is_not_held_back_by_a_narrower_rule() -> None:
    alert = wide_alert()
    receiver = Receiver()
    send(receiver)
    consume(NOW + MINUTE)
    told = set(alert.deliveries.values_list("target", flat=True))
    ada = make_user()
    for each in Alert.objects.order_by("pk"):
        resolve(each.pk, ada, NOW + MINUTE)
    send(receiver, NOW + MINUTE)
    ends = Delivery.objects.filter(kind="resolved")
    assert told == set(ends.values_list("target", flat=True)) != set()
    assert set(ends.values_list("status", flat=True)) == {"sent"}


def test_reminders_arrive_and_so_does_the_end_of_the_acknowledgment() -> None:
    alert, receiver = firing(), Receiver()
    send(receiver)
    until = acknowledge(alert.pk, make_user("ada"), NOW).acknowledged_until
    assert until is not None
    expire(until)
    send(receiver, until)
    expire(until + 10 * MINUTE)
    send(receiver, until + 10 * MINUTE)
    assert receiver.kinds == ["firing", "acknowledged", "reminder", "expired"]
    assert set(alert.deliveries.values_list("status", flat=True)) == {"sent"}


def test_messages_of_an_episode_arrive_in_order_although_the_first_fails() -> None:
    alert, receiver = firing("h"), Receiver(Retry("503"), Retry("503"))
    send(receiver)
    judge(alert.scope, "c", 1)
    consume(NOW + MINUTE)
    alert.refresh_from_db()
    first = alert.deliveries.get(kind="firing").target
    alert.deliveries.filter(kind="severity").update(target=first)
    acknowledge(alert.pk, make_user(), NOW + MINUTE)
    for minutes in range(1, 12):
        send(receiver, NOW + minutes * MINUTE)
    assert receiver.kinds == ["firing", "firing", "firing", "severity", "acknowledged"]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_claim_an_episode_in_order() -> None:
    alert = firing()
    acknowledge(alert.pk, make_user(), NOW)
    claimed = race(lambda _: [delivery.kind for delivery in claim(NOW)], people=4)
    assert sorted(kind for kinds in claimed for kind in kinds) == ["firing"]  # type: ignore[attr-defined]
