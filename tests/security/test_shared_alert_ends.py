"""The alert that scopes of a flood share ends, and what it suppressed ends with it: the next flood is seen."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.alerts.delivery.inhibition import inhibit, inhibited_by
from detections.alerts.delivery.sender import deliver
from detections.alerts.episode.store import LockedScope
from detections.alerts.handling import apply_verdicts
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.group_messages import GroupMessages
from detections.alerts.handling.resolve import resolve, resolve_disabled
from detections.alerts.handling.shared_alert import OWN_ALERTS, FloodKey, SharedRun, consume_shared
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.alerts.queries import open_alerts_of
from detections.dashboard.routes.chart_marks import alert_marks
from detections.dashboard.routes.covering_rules import CoveringRule
from detections.rules import queries
from detections.rules.active_rules import rules_in_force
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import refresh_baselines
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Rule, Scope, Verdict
from tests.detections.alerts.factories import (
    MINUTE,
    START,
    edit_rule,
    judge,
    judge_all,
    make_rule,
    make_scope,
    make_user,
)
from tests.people import make_viewer

NOW = START + timedelta(hours=1)
MORE = "(more)"


@pytest.fixture
def rule(notification_policies: None) -> Rule:
    return make_rule("DET-OPS-002", selector={"sources": [{"source": "sentry"}]}, group_by="route")


def scopes(rule: Rule, number: int, first: int = 0) -> list[Scope]:
    return [make_scope(rule, f"/r/{first + each}") for each in range(number)]


def flood(rule: Rule, more: int, first: int = 0, minute: int = 0) -> list[Scope]:
    """Fires in as many new scopes as may have alerts of their own, and in `more`, which it returns."""
    some = scopes(rule, OWN_ALERTS + more, first)
    for scope in some:
        judge(scope, "h", minute)
    consume(NOW)
    return some[OWN_ALERTS:]


def key_of(scope: Scope) -> ScopeKey:
    return ScopeKey(scope.rule_id, scope.project_environment_id, scope.group_key)


def shared() -> list[Alert]:
    """The shared alerts, the newest first."""
    return list(Alert.objects.filter(group_key=MORE).order_by("-pk"))


def test_resolved_by_hand_while_it_recovers_it_suppresses_nothing(rule: Rule) -> None:
    for scope in flood(rule, 2):
        judge(scope, ".", 1)
    consume(NOW)
    (alert,) = shared()
    assert (alert.status, alert.members_firing) == ("recovering", 0)
    resolve(alert.pk, make_user(), NOW)
    assert not ScopeSuppression.objects.exists()
    flood(rule, 3, 100, minute=10)
    assert (shared()[0].status, shared()[0].members_firing) == ("firing", 3)


def test_a_rule_that_was_disabled_meanwhile_is_not_suppressed_for_good(rule: Rule) -> None:
    flood(rule, 2)
    resolve(shared()[0].pk, make_user(), NOW)
    assert ScopeSuppression.objects.count() == 1
    Rule.objects.update(mode="retired")
    assert resolve_disabled(NOW) == OWN_ALERTS
    assert (AlertMember.objects.filter(cleared_at__isnull=True).count(), ScopeSuppression.objects.count()) == (0, 0)
    assert resolve_disabled(NOW) == 0
    Rule.objects.update(mode="active")
    flood(rule, 3, 100, minute=10)
    assert (shared()[0].status, shared()[0].members_firing) == ("firing", 3)


def test_members_that_get_no_more_verdicts_suppress_nothing(rule: Rule) -> None:
    """Their project was disabled for a while, say: nothing was judged until they no longer settled."""
    flood(rule, 2)
    resolve(shared()[0].pk, make_user(), NOW)
    flood(rule, 3, 100, minute=29)
    assert len(shared()) == 1, "they may still fire"
    Verdict.objects.all().delete()
    flood(rule, 4, 200, minute=70)
    assert len(shared()) == 2
    assert (shared()[0].status, shared()[0].members_firing) == ("firing", 4)
    assert AlertMember.objects.filter(cleared_at=START + 70 * MINUTE).count() == 5


def test_the_same_scopes_open_it_again_after_they_were_clear_unseen(rule: Rule) -> None:
    some = flood(rule, 2)
    resolve(shared()[0].pk, make_user(), NOW)
    AlertMember.objects.update(cleared_at=START + MINUTE)
    for scope in some:
        judge(scope, "h", 3)
    assert consume_shared(FloodKey(rule.pk, some[0].project_environment_id), [each.pk for each in some], NOW).applied
    assert not ScopeSuppression.objects.exists()


def test_a_narrower_rule_holds_it_back_only_where_it_covers_all_that_were_members_and_never_its_end(rule: Rule) -> None:
    spec = {"route": "/other/*", "sources": [{"source": "sentry"}]}
    other = make_scope(make_rule("DET-BETA-003", selector=spec, parent=str(rule)), "/other/*")
    judge(other, "c", 0)
    some = flood(rule, 2)
    deliver(lambda: NOW)
    for scope in Scope.objects.filter(rule=rule, group_key__startswith="/r/").exclude(pk__in=[s.pk for s in some]):
        judge_all(scope, "......", 1)
    consume(NOW)
    for scope in some:  # the last of the storm, which has led it: its end is the group's
        judge_all(scope, "......", 1)
    consume(NOW)
    (alert,) = shared()
    assert (alert.status, alert.members_firing) == ("resolved", 0)
    assert inhibited_by([alert]) == {}
    Scope.objects.filter(pk=other.pk).update(group_key="/r/*")
    Alert.objects.filter(scope=other).update(group_key="/r/*")
    assert inhibited_by([alert]) == {alert.pk: Alert.objects.get(scope=other)}
    ended = alert.deliveries.filter(kind="resolved").select_related("alert__rule")
    assert len(inhibit(list(ended), NOW)) == ended.count() > 0, "it goes to whoever was told of its beginning"


def test_it_is_judged_until_it_ends_however_long_it_keeps_firing(rule: Rule) -> None:
    one, two = flood(rule, 2)
    edit_rule(rule.identifier, selector={"sources": [{"source": "sentry"}]}, group_by="route", keep_firing_minutes=60)
    judge_all(one, ".....", 10)
    judge_all(two, ".....", 10)
    consume(NOW)
    assert shared()[0].status == "recovering"
    for scope in (one, two):
        scope.refresh_from_db()
        assert scope.settling_until is not None
        assert scope.settling_until >= START + 40 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_while_another_worker_has_it_nothing_waits(rule: Rule) -> None:
    """Waiting while it holds its members would be a deadlock with a worker that locks scopes in order of id."""
    some = flood(rule, 2)
    for scope in some:
        judge(scope, "c", 1)
    done: list[SharedRun] = []

    def work() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")  # it raises where it waits
            key = FloodKey(rule.pk, some[0].project_environment_id)
            done.append(consume_shared(key, [scope.pk for scope in some], NOW))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        Scope.objects.select_for_update(no_key=True).get(group_key=MORE)
        worker.start()
        worker.join()
    assert (done, shared()[0].severity) == ([SharedRun(0, [])], 2)
    assert (consume(NOW), shared()[0].severity) == (2, 3)


def test_scopes_whose_verdicts_cannot_be_applied_hold_no_others_up(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_verdicts, "SCOPES_AT_ONCE", 3)
    some = scopes(rule, 4)
    for scope in some:
        judge(scope, "h", 0)
    judge(make_scope(make_rule()), "h", 0)
    apply = apply_verdicts._apply

    def broken(locked: LockedScope, verdict: Verdict, messages: GroupMessages) -> bool:
        if locked.scope.rule_id == rule.pk:
            raise ValueError
        return apply(locked, verdict, messages)

    monkeypatch.setattr(apply_verdicts, "_apply", broken)
    assert consume(NOW) == 1
    assert Alert.objects.get().rule.identifier == "DET-BETA-003"


def test_when_it_is_closed_no_group_is_said_to_fire(rule: Rule, client: Client) -> None:
    flood(rule, 2)
    alert = resolve(shared()[0].pk, make_user(), NOW)
    assert alert.members_firing == 0
    client.force_login(make_viewer())
    assert "of the groups below fire" not in client.get(f"/alerts/{alert.pk}/").content.decode()


def test_a_route_that_fires_within_it_has_an_alert(
    rule: Rule, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one, two = flood(rule, 2)
    judge(two, ".", 1)
    consume(NOW)
    with django_assert_num_queries(2):
        found = open_alerts_of({key_of(one), key_of(two)})
    assert found == {key_of(one): shared()[0]}
    (rule_in_force,) = rules_in_force({rule.identifier})
    covering = CoveringRule(rule_in_force, key_of(one), RuleState("active", ()), one.pk, None)
    assert len(alert_marks([covering], START - MINUTE)) == 1


def test_its_scope_is_no_group_of_the_rule(rule: Rule) -> None:
    flood(rule, 2)
    assert Scope.objects.filter(group_key=MORE).exists()
    assert not [scope for scope in queries.scopes_of(rule) if scope.group_key == MORE]
    places = set(Scope.objects.values_list("project_environment_id", flat=True))
    claimed = refresh_baselines._claim([rule.pk], places, NOW, 2 * OWN_ALERTS)
    assert len(claimed) == OWN_ALERTS + 2
    assert not [scope for scope in claimed if scope.group_key == MORE]
