"""A flood of made-up routes raises a bounded number of alerts, which say how many there are and end with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.alerts.causes.models import AlertGroup
from detections.alerts.channels.messages import render
from detections.alerts.delivery.inhibition import inhibit
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling import shared_alert
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve, resolve_disabled
from detections.alerts.handling.shared_alert import OWN_ALERTS, FloodKey, consume_shared
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.rules.evaluation import on_arrival
from detections.rules.models import Rule, Scope, Verdict
from opsconsole.lib import clock
from opsconsole.wsgi import application
from tests.detections import builders
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_rule, make_scope, make_user
from tests.detections.rules import world
from tests.people import make_viewer
from tests.security.attacks import made_up, send

NOW = START + timedelta(hours=1)
MORE = "(more)"


@pytest.fixture(autouse=True)
def flusher_ended() -> Iterator[None]:
    yield
    application.stop()


@pytest.fixture
def rule(notification_policies: None) -> Rule:
    return make_rule("DET-OPS-002", selector={"sources": [{"source": "sentry"}]}, group_by="route")


def scopes(rule: Rule, number: int, first: int = 0) -> list[Scope]:
    return [make_scope(rule, f"/r/{first + each}") for each in range(number)]


def fire(some: list[Scope], sign: str = "h", minute: int = 0) -> None:
    for scope in some:
        judge(scope, sign, minute)


def shared() -> Alert:
    return Alert.objects.get(group_key=MORE)


def own() -> int:
    return Alert.objects.exclude(group_key=MORE).count()


def kinds_told() -> list[str]:
    """Of all messages of the only group that was not absorbed by another, in order."""
    group = AlertGroup.objects.get(leader__isnull=False)
    return list(group.deliveries.order_by("sequence").values_list("kind", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("notification_policies")
def test_1500_made_up_routes_raise_21_alerts() -> None:
    raptor = builders.project()
    world.rule("DET-OPS-002", conditions=[], signatures=[{**BROKEN}])
    send(raptor, list(made_up(1500, clock.now())))

    on_arrival.judge_all(clock.now())
    consume(clock.now())

    alert = shared()
    assert (own(), alert.status, alert.members_firing) == (OWN_ALERTS, "firing", 1500 - OWN_ALERTS)
    assert alert.members.count() == 1500 - OWN_ALERTS
    told, group = Delivery.objects.get(), AlertGroup.objects.get()
    assert (group.kind, group.size) == ("failure", OWN_ALERTS + 1)
    assert (told.kind, told.payload["others"]) == ("firing", OWN_ALERTS), "one page per cause"
    assert not Verdict.objects.filter(consumed_at__isnull=True).exists()


BROKEN = {"name": "broken", "cause": "c", "owner": "o", "exception": "ValueError", "severity": "high"}


def test_the_first_twenty_have_alerts_of_their_own_and_the_others_share_one(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    consume(NOW)
    fire(scopes(rule, 5, 100), "m")
    judge(make_scope(rule, "/worst"), "c", 0, count=50, evaluated_at=START)

    consume(NOW)

    alert = shared()
    assert (own(), alert.severity, alert.members_firing) == (OWN_ALERTS, 3, 6)
    assert alert.evidence is not None
    assert alert.evidence.data["group"] == "/worst", "the severest is its evidence"
    assert [row.kind for row in alert.log.all()] == ["opened", "joined"]
    message = render(alert.deliveries.get().payload)
    assert message.headline == "🚨 Now critical: DET-OPS-002 on (more) and 20 more", "the storm was told as high"
    assert "6 more groups fire, the severest on /worst: 50 errors" in message.text


def test_after_five_minutes_scopes_have_alerts_of_their_own_again(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    fire(scopes(rule, 1, 100), minute=4)
    fire(scopes(rule, 1, 200), minute=5)
    consume(NOW)
    assert (own(), shared().members.get().scope.group_key) == (OWN_ALERTS + 1, "/r/100")


def test_other_rules_and_environments_have_bounds_of_their_own(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    fire(scopes(make_rule("R-2", selector={"sources": [{"source": "sentry"}]}, group_by="route"), 1))
    fire([make_scope(rule, "/elsewhere", project="other")])
    consume(NOW)
    assert (own(), Alert.objects.filter(group_key=MORE).count()) == (OWN_ALERTS + 2, 0)


def test_it_ends_when_all_of_them_are_clear(rule: Rule) -> None:
    alone = scopes(rule, OWN_ALERTS)
    fire(alone)
    one, two = scopes(rule, 2, 100)
    fire([one, two])
    consume(NOW)
    deliver(lambda: NOW)
    for minute, signs in enumerate(("hh", "h.", "h.", "..", "..", "..", "..", "..", ".."), 1):
        judge(one, signs[0], minute)
        judge(two, signs[1], minute)
        consume(NOW)
        if minute == 2:
            assert (shared().status, shared().members_firing) == ("firing", 1)
        if minute == 4:
            assert (shared().status, shared().members_firing) == ("recovering", 0)
    alert = shared()
    assert (alert.status, alert.resolved_at) == ("resolved", START + 9 * MINUTE)
    cleared = dict(alert.members.values_list("scope__group_key", "cleared_at"))
    assert cleared == {"/r/100": START + 4 * MINUTE, "/r/101": START + 2 * MINUTE}
    assert "resolved" not in kinds_told(), "the others of the storm fire"
    for scope in alone:
        judge_all(scope, "......", 10)
    consume(NOW)
    assert set(Alert.objects.values_list("status", flat=True)) == {"resolved"}
    told = kinds_told()
    assert not Delivery.objects.filter(group__leader__isnull=True, status="sent").exists()
    assert (told[0], told.count("firing"), told[-1], told.count("resolved")) == ("firing", 1, "resolved", 1)


def test_a_minute_without_data_ends_nothing(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    (one,) = scopes(rule, 1, 100)
    for minute, sign in enumerate("h?!?!?!?!"):
        judge(one, sign, minute)
    consume(NOW)
    assert (shared().status, shared().members_firing) == ("firing", 1)


def test_a_member_that_fires_again_stays_with_the_alert(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    one, two = scopes(rule, 2, 100)
    fire([one, two])
    for minute, sign in enumerate("......h", 1):
        judge(one, sign, minute)
        judge(two, "h", minute)
    consume(NOW)
    assert (own(), Alert.objects.filter(group_key=MORE).count(), shared().members_firing) == (OWN_ALERTS, 1, 2)


def test_a_severer_member_pages_again_and_ends_the_acknowledgment(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    fire(scopes(rule, 2, 100), "m")
    consume(NOW)
    acknowledge(shared().pk, make_user(), NOW)
    fire(scopes(rule, 1, 200), "c")
    consume(NOW)
    alert = shared()
    assert (alert.severity, alert.handling) == (3, "unacknowledged")
    assert "severity" in alert.deliveries.values_list("kind", flat=True)


def test_resolved_by_hand_it_stays_closed_while_its_members_fire(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    some = scopes(rule, 3, 100)
    fire(some)
    consume(NOW)
    resolve(shared().pk, make_user(), NOW)
    fire(some, minute=1)
    consume(NOW)
    assert (shared().status, own()) == ("resolved", OWN_ALERTS)
    fire(some, "c", minute=2)
    consume(NOW)
    assert [a.status for a in Alert.objects.filter(group_key=MORE).order_by("pk")] == ["resolved", "firing"]
    first, second = Alert.objects.filter(group_key=MORE).order_by("pk")
    assert (first.members.count(), second.members.count()) == (3, 3)
    fire(some, ".", minute=3)
    consume(NOW)
    assert not AlertMember.objects.filter(cleared_at__isnull=True).exists()


def test_when_its_rule_is_switched_off_it_ends_with_its_members(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS + 2))
    consume(NOW)
    Rule.objects.update(mode="retired")
    resolve_disabled(NOW)
    assert (shared().status, AlertMember.objects.filter(cleared_at__isnull=True).count()) == ("resolved", 0)


def test_late_events_of_many_minutes_are_one_flood(rule: Rule) -> None:
    """They are judged at one time, although their slots lie hours apart."""
    for minute, scope in enumerate(scopes(rule, OWN_ALERTS + 5)):
        judge(scope, "h", 10 * minute, late=True, evaluated_at=START + timedelta(hours=6))
    consume(START + timedelta(hours=6))
    assert (own(), shared().members_firing) == (OWN_ALERTS, 5)


def test_running_again_does_nothing_again(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS + 5))
    assert consume(NOW) == OWN_ALERTS + 5
    before = (shared().revision, shared().log.count(), Delivery.objects.count())
    assert consume(NOW) == 0
    assert (shared().revision, shared().log.count(), Delivery.objects.count()) == before


def test_any_number_of_scopes_takes_the_same_queries(rule: Rule) -> None:
    fire(scopes(rule, OWN_ALERTS))
    consume(NOW)

    def queries(number: int, first: int) -> int:
        some = scopes(rule, number, first)
        fire(some)
        with CaptureQueriesContext(connection) as captured:
            consume_shared(FloodKey(rule.pk, some[0].project_environment_id), [scope.pk for scope in some], NOW)
        return len(captured)

    queries(1, 100)
    assert queries(2, 200) == queries(40, 300)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_twenty(rule: Rule) -> None:
    """Each worker has a transaction of its own, and waits for the other only where it would open an alert."""
    fire(scopes(rule, OWN_ALERTS - 1))
    consume(NOW)
    fire(scopes(rule, 8, 100))

    def work() -> None:
        try:
            consume(NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    consume(NOW)
    assert (own(), shared().members_firing) == (OWN_ALERTS, 7)
    assert not Verdict.objects.filter(consumed_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_the_race_for_the_last_alert_has_one_winner(rule: Rule) -> None:
    """The loser asks while the winner's transaction is open, and is told only when it has ended."""
    fire(scopes(rule, OWN_ALERTS - 1))
    consume(NOW)
    one, two = scopes(rule, 2, 100)
    fire([one, two])
    told: list[bool] = []
    asked = threading.Event()

    def ask() -> None:
        try:
            with transaction.atomic():
                asked.set()
                told.append(shared_alert.may_open(two, two.evaluations.get()))
        finally:
            connection.close()

    loser = threading.Thread(target=ask)
    with transaction.atomic():
        assert shared_alert.may_open(one, one.evaluations.get())
        loser.start()
        asked.wait()
        assert told == []
        made = Alert.objects.all()[0]
        made.pk, made.scope, made.group_key, made.dedup_key = None, one, one.group_key, one.pk
        made.save()
    loser.join()
    assert told == [False]


def test_a_narrower_rule_holds_it_back_where_it_covers_all_its_members(rule: Rule) -> None:
    narrow = make_rule("DET-BETA-003", selector={"route": "/r/*", "sources": [{"source": "sentry"}]}, parent=str(rule))
    fire([make_scope(narrow, "/r/*")], "c")
    fire(scopes(rule, OWN_ALERTS + 3))
    consume(NOW)
    waiting = Delivery.objects.filter(alert=shared()).select_related("alert__rule")
    assert inhibit(list(waiting), NOW) == []
    fire([make_scope(rule, "/elsewhere")])
    consume(NOW)
    assert len(inhibit(list(waiting), NOW)) == waiting.count()


def test_its_page_lists_them_severest_first(rule: Rule, client: Client) -> None:
    fire(scopes(rule, OWN_ALERTS))
    fire(scopes(rule, 120, 100), "m")
    fire([make_scope(rule, "/worst")], "c")
    consume(NOW)
    deliver(lambda: NOW)
    client.force_login(make_viewer())
    with CaptureQueriesContext(connection) as few:
        html = " ".join(client.get(f"/alerts/{shared().pk}/").content.decode().split())
    assert "121 of 121 fire" in html
    assert html.index("/worst") < html.index("/r/100")
    assert "The severest 100 are shown" in html
    fire(scopes(rule, 50, 300), "m")
    consume(NOW)
    with CaptureQueriesContext(connection) as many:
        client.get(f"/alerts/{shared().pk}/")
    assert len(few) == len(many)


def test_a_scope_that_was_resolved_by_hand_joins_only_where_it_rises(rule: Rule) -> None:
    (one,) = scopes(rule, 1, 100)
    fire([one])
    consume(NOW)
    resolve(Alert.objects.get().pk, make_user(), NOW)
    fire([one], minute=6)
    fire(scopes(rule, OWN_ALERTS, 200), minute=6)
    consume(NOW)
    assert not Alert.objects.filter(group_key=MORE).exists()
    fire([one], "c", minute=6)
    consume(NOW)
    assert (shared().members.get().scope, ScopeSuppression.objects.count()) == (one, 0)
    assert not Verdict.objects.filter(consumed_at__isnull=True).exists()
