"""Seed 000, DET-BETA-003: a test for each requirement that the console meets so far."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.rules.evaluation import fixtures
from detections.rules.lifecycle import publish
from detections.rules.lifecycle.publish import GuardrailError
from detections.rules.models import RuleVersion, Severity
from detections.rules.spec.schema import decode
from tests.detections.rules import world
from tests.seeds.story import NOON, Story

VERIFIER = {"exception": {"values": [{"type": "RuntimeError", "value": "beta_token_verifier: Console returned 403"}]}}
PLAIN = world.plain()


# -- State: dormant until the flag is on and the DSN is set, then active immediately


def test_dormant_while_flag_and_dsn_are_unset_and_names_both(story: Story) -> None:
    state = story.state()
    assert state.name == "dormant"
    assert {p.predicate for p in state.unmet} == {"flag:sentry_backend", "var:SENTRY_DSN_BACKEND"}
    assert all(p.url and p.why for p in state.unmet)


def test_dormant_names_the_safe_command_as_a_recommendation(story: Story) -> None:
    commands = [p.command for p in story.state().unmet]
    assert all(command and ">/dev/null 2>&1" in command for command in commands)
    assert any("SENTRY_DSN_BACKEND" in str(command) and "raxx-api-prod" in str(command) for command in commands)


def test_one_of_two_prerequisites_is_not_enough(story: Story) -> None:
    story.sign("SENTRY_DSN_BACKEND")
    assert [p.predicate for p in story.state().unmet] == ["flag:sentry_backend"]


def test_active_immediately_once_both_are_signed(story: Story) -> None:
    story.arm()
    assert story.state().name == "active"


def test_a_dormant_rule_alerts_nobody(story: Story) -> None:
    story.errors(12, **VERIFIER)
    assert not Alert.objects.filter(rule=story.rule).exists()


def test_arming_sees_the_errors_that_are_already_there(story: Story) -> None:
    story.errors(5, **VERIFIER)
    story.arm()
    story.judge(NOON + timedelta(seconds=2))
    assert story.alert().severity == Severity.CRITICAL


# -- Fire condition before the baseline: floors in any five minutes


@pytest.mark.parametrize(
    ("errors", "severity"),
    [
        (1, Severity.MEDIUM),
        (2, Severity.MEDIUM),
        (3, Severity.HIGH),
        (9, Severity.HIGH),
        (10, Severity.CRITICAL),
    ],
)
def test_day_one_floors(story: Story, errors: int, severity: Severity) -> None:
    story.arm()
    story.errors(errors, **PLAIN)
    assert story.alert().severity == severity


def test_any_five_minute_window_counts_not_only_aligned_ones(story: Story) -> None:
    story.arm()
    story.errors(3, NOON + timedelta(seconds=150), gap=149, **PLAIN)  # 298 s from first to last, over minute borders
    assert story.alert().severity == Severity.HIGH


def test_errors_further_apart_than_five_minutes_do_not_add_up(story: Story) -> None:
    story.arm()
    story.errors(3, gap=151, **PLAIN)
    assert story.alert().severity == Severity.MEDIUM


def test_only_the_preview_routes_of_prod_count(story: Story) -> None:
    story.arm()
    world.arrive(story.project, world.events(5, NOON, path="/api/orders", **PLAIN), NOON)
    world.arrive(story.project, world.events(5, NOON, path="/api/beta/preview/x/screen/1", environment="staging"), NOON)
    story.judge(NOON)
    assert not Alert.objects.filter(rule=story.rule).exists()


def test_the_url_matches_where_the_transaction_does_not(story: Story) -> None:
    story.arm()
    story.errors(3, transaction="f", **PLAIN)
    assert story.alert().group_key == "/api/beta/preview/*"


# -- Fire condition after seven days: mean plus three standard deviations of the route prefix


def test_after_a_week_the_prefix_is_compared_with_its_own_mean_and_deviation(story: Story) -> None:
    place = world.environment(story.project, since=NOON - timedelta(days=9))
    world.week(place, "/api/beta/preview/{token}/screen/1", NOON, per_minute=4.0)
    world.learnt(world.beta(), place, "/api/beta/preview/*", NOON)
    story.arm()
    now = story.pass_minutes(1)
    usual = story.alert().evidence
    assert usual is not None
    assert usual.data["baseline"]["established"] is True
    story.errors(60, now + timedelta(minutes=3), gap=2, **PLAIN)
    story.pass_minutes(3, now)
    evidence = story.alert().evidence
    assert evidence is not None
    assert evidence.data["z"] > 3


# -- Signatures: each row of the seed's table


@pytest.mark.parametrize(
    ("fields", "errors", "severity", "cause", "owner"),
    [
        (VERIFIER, 1, Severity.CRITICAL, "INTERNAL_API_SECRET mismatch", "sre-agent"),
        (
            {"exception": {"values": [{"type": "OSError", "value": "beta_token_verifier: Console request timed out"}]}},
            3,
            Severity.HIGH,
            "Console overloaded or down",
            "sre-agent",
        ),
        (
            {"exception": None, "message": "beta_preview.screen2_get db_error", "logger": "beta_preview"},
            1,
            Severity.MEDIUM,
            "Postgres connection trouble on table beta_preview_progress",
            "sre-agent",
        ),
        (
            {"exception": None, "message": "beta_preview.screen5_post db_error", "logger": "beta_preview"},
            1,
            Severity.MEDIUM,
            "Schema mismatch: a column rename of migration 0031 did not apply cleanly",
            "feature-developer",
        ),
    ],
    ids=["console-403", "timed-out", "db-get", "db-screen5"],
)
def test_error_signatures_name_cause_and_owner(
    story: Story, fields: dict[str, object], errors: int, severity: Severity, cause: str, owner: str
) -> None:
    story.arm()
    story.errors(errors, **fields)
    alert = story.alert()
    assert (alert.severity, alert.cause, alert.owner) == (severity, cause, owner)


def test_any_runtime_error_of_the_token_verifier_is_critical_at_once(story: Story) -> None:
    story.arm()
    story.errors(1, exception={"values": [{"type": "RuntimeError", "value": "beta_token_verifier: odd answer"}]})
    alert = story.alert()
    assert (alert.severity, alert.cause) == (Severity.CRITICAL, "INTERNAL_API_SECRET mismatch")


def test_its_text_need_not_name_it_where_it_was_raised_there(story: Story) -> None:
    story.arm()
    frames = [{"module": "backend_v2.beta_token_verifier", "function": "verify", "in_app": True}]
    raised = {"type": "RuntimeError", "value": "odd answer", "stacktrace": {"frames": frames}}
    story.errors(1, exception={"values": [raised, {"type": "PreviewError", "value": "no preview"}]})
    alert = story.alert()
    assert (alert.severity, alert.cause) == (Severity.CRITICAL, "INTERNAL_API_SECRET mismatch")


def test_a_runtime_error_of_other_code_is_no_failure_of_the_verifier(story: Story) -> None:
    story.arm()
    frames = [{"module": "backend_v2.beta_preview", "function": "screen", "in_app": True}]
    raised = {"type": "RuntimeError", "value": "odd answer", "stacktrace": {"frames": frames}}
    story.errors(1, exception={"values": [raised]})
    alert = story.alert()
    assert (alert.severity, alert.cause) == (Severity.MEDIUM, "")


def test_the_first_response_is_the_sre_agents(story: Story) -> None:
    story.arm()
    story.errors(3, **PLAIN)
    assert story.alert().owner == "sre-agent"


# -- Alert route


@pytest.mark.parametrize(
    ("at", "errors", "address"),
    [
        ("2026-06-12T15:00:00+00:00", 10, "#raxx-ops-alert-sev1"),
        ("2026-06-13T07:00:00+00:00", 10, "#raxx-ops-alert-sev1"),
        ("2026-06-12T15:00:00+00:00", 3, "#raxx-ops-alert-sev2-5"),
        ("2026-06-12T12:59:00+00:00", 3, "#raxx-ops-alert-sev2"),
        ("2026-06-12T13:01:00+00:00", 3, "#raxx-ops-alert-sev2-5"),
        ("2026-06-12T21:00:00+00:00", 3, "#raxx-ops-alert-sev2"),
        ("2026-06-13T15:00:00+00:00", 3, "#raxx-ops-alert-sev2"),
        ("2026-01-16T14:01:00+00:00", 3, "#raxx-ops-alert-sev2-5"),
        ("2026-01-16T13:59:00+00:00", 3, "#raxx-ops-alert-sev2"),
    ],
)
def test_severity_and_new_york_hours_choose_the_channel(story: Story, at: str, errors: int, address: str) -> None:
    moment = NOON.fromisoformat(at)
    story.sign("SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND", at=moment)
    story.errors(errors, moment, gap=1, **PLAIN)
    (delivery,) = Delivery.objects.filter(alert=story.alert(), kind=Delivery.Kind.FIRING)
    assert delivery.target.address == address


def test_medium_sends_no_message_of_its_own(story: Story) -> None:
    story.arm()
    story.errors(2, **PLAIN)
    (delivery,) = Delivery.objects.filter(alert=story.alert())
    assert (delivery.target.address, delivery.status) == ("ops@", Delivery.Status.FOR_SUMMARY)


# -- Synthetic positive


def test_the_synthetic_positive_fires_and_validates_the_rule(story: Story) -> None:
    assert story.rule.current
    run = fixtures.validate(story.rule.current, NOON, story.operator)
    assert run.passed
    assert {result["name"] for result in run.results} >= {"preview_sentry_error_spike_positive"}
    assert not Alert.objects.exists()  # a rehearsal leaves nothing behind


# -- What not to do


def test_tuning_before_the_baseline_needs_a_reason_that_is_kept(story: Story) -> None:
    spec = decode(story.rule.current.spec | {"keep_firing_minutes": 10})  # type: ignore[union-attr]
    with pytest.raises(GuardrailError, match="baseline is established"):
        publish.publish("DET-BETA-003", spec, now=NOON, author=story.operator)
    version = publish.publish("DET-BETA-003", spec, now=NOON, author=story.operator, reason="noise from a load test")
    assert (version.number, version.reason) == (2, "noise from a load test")
    assert RuleVersion.objects.get(rule=story.rule, number=1).spec["keep_firing_minutes"] == 5


def test_a_verifier_failure_is_told_as_configuration_not_as_guessed_tokens(story: Story) -> None:
    story.arm()
    story.errors(4, **VERIFIER)
    assert "mismatch" in story.alert().cause
    assert "token" not in story.alert().cause.lower()


# -- The episode ends by itself


def test_recovers_and_resolves_when_the_errors_stop(story: Story) -> None:
    story.arm()
    story.errors(5, **VERIFIER)
    now = story.pass_minutes(6)
    assert story.alert().status == Alert.Status.RECOVERING
    story.pass_minutes(6, now)
    assert story.alert().status == Alert.Status.RESOLVED
