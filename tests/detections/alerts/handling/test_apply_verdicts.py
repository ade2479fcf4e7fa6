"""Verdicts become episodes, log rows and messages: once each, in order, whatever runs twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from detections.alerts.delivery_models import Delivery
from detections.alerts.episode.state import Status
from detections.alerts.handling.apply_verdicts import consume, consume_scopes
from detections.alerts.handling.resolve import resolve, resolve_disabled
from detections.alerts.models import Alert, AlertLog, ScopeSuppression
from detections.rules.models import Rule, Verdict
from tests.detections.alerts.factories import (
    MINUTE,
    PREFIX,
    START,
    edit_rule,
    judge,
    judge_all,
    make_rule,
    make_scope,
    make_user,
)

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(hours=1)


def kinds(alert: Alert) -> list[str]:
    return list(alert.log.values_list("kind", flat=True))


def messages(alert: Alert) -> list[tuple[str, str]]:
    return list(alert.deliveries.order_by("sequence").values_list("kind", "target__address"))


def test_a_firing_verdict_opens_an_alert_with_its_log_and_message() -> None:
    scope = make_scope()
    judge(scope, "c", 0, data={"cause": "INTERNAL_API_SECRET mismatch", "owner": "sre-agent"})
    assert consume(NOW) == 1
    alert = Alert.objects.get()
    assert (alert.rule, alert.group_key, alert.severity, alert.status) == (scope.rule, PREFIX, 3, "firing")
    assert (alert.opened_at, alert.status_since, alert.last_slot) == (START, START, START)
    assert (alert.cause, alert.owner, alert.count) == ("INTERNAL_API_SECRET mismatch", "sre-agent", 5)
    assert alert.evidence is not None
    assert kinds(alert) == ["opened"]
    row = alert.log.last()
    assert row is not None
    assert (row.actor_name, row.slot_end, row.at, row.version) == ("engine", START, NOW, scope.rule.current)
    assert messages(alert) == [("firing", "#raxx-ops-alert-sev1")]


def test_running_again_does_nothing_again() -> None:
    scope = make_scope()
    judge_all(scope, "cc.c")
    assert consume(NOW) == 4
    rows = (AlertLog.objects.count(), Delivery.objects.count(), Alert.objects.get().revision)
    assert consume(NOW) == 0
    assert rows == (AlertLog.objects.count(), Delivery.objects.count(), Alert.objects.get().revision)
    assert not Verdict.objects.filter(consumed_at__isnull=True).exists()


def test_it_recovers_and_resolves_by_slots_not_by_the_clock() -> None:
    scope = make_scope()
    judge_all(scope, "c......")
    consume(NOW)
    alert = Alert.objects.get()
    assert alert.status == "resolved"
    assert alert.resolved_at == START + 6 * MINUTE
    assert alert.dedup_key is None
    assert kinds(alert) == ["opened", "recovering", "resolved"]


def test_a_scope_has_one_open_alert_and_the_database_holds_it() -> None:
    scope = make_scope()
    judge_all(scope, "c......c")
    consume(NOW)
    first, second = Alert.objects.order_by("id")
    assert (first.dedup_key, second.dedup_key) == (None, scope.pk)
    first.status, first.dedup_key = "firing", scope.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save()


def test_the_log_cannot_be_changed() -> None:
    judge(make_scope(), "c", 0)
    consume(NOW)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        AlertLog.objects.update(why="nothing happened")


def test_scopes_are_apart() -> None:
    rule = make_rule()
    burning, quiet = make_scope(rule, "/a/*"), make_scope(rule, "/b/*")
    judge(burning, "h", 0)
    judge(quiet, ".", 0)
    consume(NOW)
    assert list(Alert.objects.values_list("group_key", flat=True)) == ["/a/*"]


def test_a_scope_that_cannot_be_applied_holds_up_no_other() -> None:
    rule = make_rule()
    broken, sound = make_scope(rule, "/a/*"), make_scope(rule, "/b/*")
    judge(broken, "h", 0, outcome="nonsense")
    judge(sound, "h", 0)
    assert consume(NOW) == 1
    assert Alert.objects.get().scope == sound
    assert Verdict.objects.get(consumed_at__isnull=True).scope == broken


def test_evidence_is_the_strongest_of_the_episode() -> None:
    scope = make_scope()
    for minute, (sign, errors) in enumerate([("m", 2), ("c", 12), ("c", 40), ("c", 9), ("h", 5)]):
        judge(scope, sign, minute, count=errors)
    consume(NOW)
    alert = Alert.objects.get()
    assert (alert.count, alert.severity, alert.slot_severity) == (40, 3, 2)
    assert alert.evidence is not None
    assert alert.evidence.slot_end == START + 2 * MINUTE


def test_more_errors_within_the_same_slot_are_the_better_evidence() -> None:
    scope = make_scope()
    judge(scope, "c", 0, count=1, data={"cause": "secret mismatch", "owner": "sre-agent"})
    judge(scope, "c", 0, count=5)
    consume(NOW)
    alert = Alert.objects.get()
    assert (alert.count, alert.cause) == (5, "secret mismatch")


def test_the_rule_names_the_first_response_where_no_signature_does() -> None:
    rule = make_rule(escalation=[{"owner": "security-agent", "when": "adversarial"}, {"owner": "duty"}])
    judge(make_scope(rule), "h", 0)
    consume(NOW)
    assert Alert.objects.get().owner == "duty"


def test_for_and_keep_firing_come_from_the_version_that_judged() -> None:
    scope = make_scope(make_rule(for_minutes=2, keep_firing_minutes=1))
    judge_all(scope, "hh")
    consume(NOW)
    alert = Alert.objects.get()
    assert alert.status == "pending"
    assert messages(alert) == []
    edit_rule(scope.rule.identifier, for_minutes=10, keep_firing_minutes=1)
    judge_all(scope, "h", start=2)
    consume(NOW)
    alert.refresh_from_db()
    assert alert.status == "pending"
    edit_rule(scope.rule.identifier, for_minutes=3, keep_firing_minutes=1)
    judge_all(scope, "h..", start=3)
    consume(NOW)
    alert.refresh_from_db()
    assert alert.status == "resolved"


def test_a_pending_that_passes_leaves_no_open_alert() -> None:
    scope = make_scope(make_rule(for_minutes=5))
    judge_all(scope, "h.")
    consume(NOW)
    alert = Alert.objects.get()
    assert (alert.status, alert.dedup_key) == ("inactive", None)
    assert not alert.deliveries.exists()


def test_a_rise_clears_the_acknowledgment_and_is_told() -> None:
    from detections.alerts.handling.acknowledge import acknowledge

    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    alert = acknowledge(Alert.objects.get().pk, make_user("ada"), NOW)
    judge(scope, "c", 1)
    consume(NOW)
    alert.refresh_from_db()
    assert (alert.handling, alert.acknowledged_by, alert.due_at) == ("unacknowledged", None, None)
    assert ("severity", "#raxx-ops-alert-sev1") in messages(alert)
    severity = alert.log.get(kind="severity")
    assert (severity.old, severity.new) == ("high", "critical")


def test_the_revision_counts_what_a_person_must_have_seen() -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    opened = Alert.objects.get().revision
    judge_all(scope, "h.h?", start=1)
    consume(NOW)
    assert Alert.objects.get().revision == opened
    judge(scope, "c", 5)
    consume(NOW)
    assert Alert.objects.get().revision == opened + 1


def test_late_detection_is_marked_and_old_news_waits_for_the_digest() -> None:
    scope = make_scope()
    judge(scope, "h", 0, late=True, evaluated_at=START + timedelta(minutes=40))
    consume(NOW)
    alert = Alert.objects.get()
    assert alert.detected_late
    assert list(alert.deliveries.values_list("status", flat=True)) == ["held"]


def test_a_late_critical_raises_what_is_open_and_is_told() -> None:
    scope = make_scope()
    judge_all(scope, "mm", start=10)
    consume(NOW)
    judge(scope, "c", 9, late=True, evaluated_at=START + timedelta(minutes=60))
    consume(NOW)
    alert = Alert.objects.get()
    assert (alert.severity, alert.detected_late, alert.last_slot) == (3, True, START + 11 * MINUTE)
    assert alert.evidence is not None
    assert alert.evidence.slot_end == START + 9 * MINUTE
    assert alert.deliveries.filter(kind="severity", status="queued").exists()
    row = alert.log.get(kind="severity")
    assert (row.old, row.new, row.why) == ("medium", "critical", "an event arrived late")


def test_a_late_critical_after_the_end_opens_an_alert_that_ends_again() -> None:
    scope = make_scope()
    judge_all(scope, "m......", start=10)
    late_at = START + timedelta(hours=3)
    consume(NOW)
    judge(scope, "m", 9, late=True, evaluated_at=late_at)
    judge(scope, "c", 8, late=True, evaluated_at=late_at)
    consume(late_at)
    first, second = Alert.objects.order_by("pk")
    assert first.log.get(kind="late").new == "medium"
    assert (second.severity, second.status, second.detected_late) == (3, "firing", True)
    scope.refresh_from_db()
    assert scope.settling_until is not None
    assert scope.settling_until > late_at  # so that the rules tell that it has cleared


def test_a_medium_alert_waits_for_the_digest() -> None:
    judge_all(make_scope(), "m......")
    consume(NOW)
    alert = Alert.objects.get()
    assert list(alert.deliveries.values_list("kind", "status", "target__address")) == [("firing", "held", "ops@")]


def test_a_resolve_by_hand_holds_until_cleared_or_higher() -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    resolve(Alert.objects.get().pk, make_user(), NOW)
    judge_all(scope, "hh", start=1)
    consume(NOW)
    assert Alert.objects.count() == 1
    scope.refresh_from_db()
    assert scope.settling_until == START + 30 * MINUTE
    judge_all(scope, ".h", start=3)
    consume(NOW)
    assert Alert.objects.count() == 2
    assert not ScopeSuppression.objects.exists()


def test_a_higher_severity_breaks_the_hold() -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    resolve(Alert.objects.get().pk, make_user(), NOW)
    judge(scope, "c", 1)
    consume(NOW)
    assert Alert.objects.filter(status="firing").get().severity == 3
    assert not ScopeSuppression.objects.exists()


def test_a_shadow_verdict_opens_nothing() -> None:
    judge(make_scope(), "c", 0, shadow=True)
    assert consume(NOW) == 1
    assert not Alert.objects.exists()


@pytest.mark.parametrize("mode", ["retired", "draft", "shadow"])
def test_a_disabled_rule_resolves_its_episodes_and_says_so(mode: str) -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    Rule.objects.update(mode=mode)
    assert resolve_disabled(NOW) == 1
    alert = Alert.objects.get()
    assert (alert.status, alert.resolution) == ("resolved", f"the rule was set to {mode}")
    assert resolve_disabled(NOW) == 0
    judge(scope, "h", 1)
    consume(NOW)
    assert Alert.objects.count() == 1


def test_an_open_episode_keeps_its_scope_restless() -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    scope.refresh_from_db()
    assert scope.settling_until == START + 30 * MINUTE
    judge_all(scope, "h" * 6, start=1)
    consume(NOW)
    scope.refresh_from_db()
    assert scope.settling_until == START + 36 * MINUTE


def test_flapping_is_told_to_whom_was_told() -> None:
    scope = make_scope()
    judge_all(scope, "h")
    consume(NOW)
    Delivery.objects.update(status="sent", tries=1)
    judge_all(scope, ".h.h", start=1)
    consume(NOW)
    alert = Alert.objects.get()
    assert alert.flapping_since == START + 4 * MINUTE
    assert messages(alert) == [("firing", "#raxx-ops-alert-sev2-5"), ("flapping", "#raxx-ops-alert-sev2-5")]


def test_conditions_in_rows_are_those_of_the_machine() -> None:
    assert {choice.value for choice in Alert.Status} == {status.value for status in Status}


@pytest.mark.django_db(transaction=True)
def test_a_scope_held_by_another_worker_is_left_to_it() -> None:
    from threading import Event, Thread

    scope = make_scope()
    judge(scope, "h", 0)
    locked, release = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                type(scope).objects.select_for_update().get(pk=scope.pk)
                locked.set()
                release.wait(10)
        finally:
            connection.close()

    worker = Thread(target=hold)
    worker.start()
    locked.wait(10)
    try:
        assert consume_scopes([scope.pk], NOW).verdicts == 0
    finally:
        release.set()
        worker.join()
    assert consume_scopes([scope.pk], NOW).verdicts == 1


def test_a_slot_of_many_scopes_takes_as_many_statements_as_one_of_two(django_assert_num_queries: Any) -> None:
    rule = make_rule()
    scopes = [make_scope(rule, f"/r/{number}") for number in range(12)]
    for scope in scopes:
        judge(scope, "h", 0)
    consume(NOW)
    for scope in scopes[:2]:
        judge(scope, "h", 1)
    with CaptureQueriesContext(connection) as of_two:
        consume(NOW)
    for scope in scopes:
        judge(scope, "h", 2)
    with django_assert_num_queries(len(of_two)):
        consume(NOW)
    assert set(Alert.objects.values_list("last_slot", flat=True)) == {START + 2 * MINUTE}
    assert set(Alert.objects.values_list("status", "slot_severity", "revision")) == {("firing", 2, 1)}


def test_scopes_that_are_applied_together_end_and_open_alerts_as_each_would_alone() -> None:
    """Also one that ends and opens within one run, of which the ended one's row has to be written first."""
    signs = ("h" + "." * 20 + "c", "hhhh", "h?hc", "." + "m" * 3)
    rule = make_rule()
    together = [make_scope(rule, f"/together/{number}") for number in range(len(signs))]
    alone = [make_scope(rule, f"/alone/{number}") for number in range(len(signs))]
    for scope, letters in zip(together, signs, strict=True):
        judge_all(scope, letters)
    consume(NOW)
    for scope, letters in zip(alone, signs, strict=True):
        judge_all(scope, letters)
        consume(NOW)
    assert Verdict.objects.filter(consumed_at__isnull=True).count() == 0
    shown = ("status", "severity", "slot_severity", "opened_at", "last_slot", "revision", "count", "resolution")
    for one, other in zip(together, alone, strict=True):
        assert list(one.alerts.order_by("id").values_list(*shown)) == list(
            other.alerts.order_by("id").values_list(*shown)
        )
        one.refresh_from_db()
        other.refresh_from_db()
        assert one.settling_until == other.settling_until
    assert together[0].alerts.count() == 2
