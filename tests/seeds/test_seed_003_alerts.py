"""Seed 003's table of alert rules, its anti-flake policy and its checklist: from a run's samples to whoever is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from detections.alerts import catalogue_policies
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.rules import packs
from detections.rules.models import Rule
from tests.detections.probes.rows import MINUTE, NOON, done, stored_target
from tests.detections.probes.samples import row
from tests.detections.probes.ticks import arrived, tick

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("shipped_rules"),
]

SECOND = timedelta(seconds=1)
SPLIT = {"header": "x-aurora-variant", "variants": {"canary": {"share": 0.1, "min": 0.05, "max": 0.15}, "control": 0.9}}


@pytest.fixture
def shipped_rules(notification_policies: None) -> None:
    packs.load(NOON)
    catalogue_policies.load()


def run(target: Any, *samples: dict[str, Any], at: datetime = NOON) -> None:
    """A run that ended at `at`, judged within a second."""
    done(target, *samples, at=at)
    arrived(at + SECOND)


def opened() -> dict[str, tuple[str, str]]:
    """By check, what the open alerts are: severity, and whether somebody was paged."""
    return {
        alert.group_key.partition("/")[2]: (alert.get_severity_display(), "pages" if paged(alert) else "pages nobody")
        for alert in Alert.objects.filter(status="firing")
    }


def paged(alert: Alert) -> bool:
    return Delivery.objects.filter(alert=alert, target__intended_channel="pagerduty").exists()


@pytest.mark.parametrize("check", ["meta_missing", "header_meta_mismatch", "bucket_out_of_range"])
def test_a_broken_invariant_in_one_run_is_high_and_pages(check: str) -> None:
    run(stored_target(), *[row()] * 9, row(faults=(check,)))
    assert opened() == {check: ("High", "pages")}


@pytest.mark.parametrize("outcome", ["non_200", "parse_error", "infra"])
def test_failures_in_two_runs_within_ten_minutes_are_high_and_page(outcome: str) -> None:
    target = stored_target()
    run(target, row(outcome))
    assert not any(pages == "pages" for _, pages in opened().values())
    run(target, row(outcome), at=NOON + 5 * MINUTE)
    assert opened()["elevated_failures"] == ("High", "pages")


@pytest.mark.parametrize("outcome", ["non_200", "parse_error", "infra"])
def test_failures_eleven_minutes_apart_page_nobody(outcome: str) -> None:
    target = stored_target()
    run(target, row(outcome))
    run(target, row(outcome), at=NOON + 11 * MINUTE)
    assert "elevated_failures" not in opened()
    assert not any(pages == "pages" for _, pages in opened().values())


def test_a_run_with_only_infra_flakes_is_observed_and_the_next_clean_one_ends_it() -> None:
    target = stored_target()
    run(target, *[row()] * 9, row("infra"))
    assert opened() == {"infra_flake_single_run": ("Medium", "pages nobody")}
    done(target, at=NOON + 5 * MINUTE)
    tick(NOON, 11)
    assert opened() == {}
    assert Alert.objects.get().status == "resolved"


def test_a_single_run_with_other_failures_raises_nothing() -> None:
    run(stored_target(), *[row()] * 9, row("non_200"))
    tick(NOON, 2)
    assert not Alert.objects.exists()


def shares(canary: int, of: int = 300) -> list[dict[str, Any]]:
    return [row(variant="canary" if number < canary else "control") for number in range(of)]


def test_a_split_that_is_confirmed_is_told_and_pages_nobody() -> None:
    run(stored_target(split=SPLIT), *shares(90))
    assert opened() == {"variant_split_drift": ("Medium", "pages nobody")}


@pytest.mark.parametrize(("canary", "answers"), [(49, 300), (30, 300), (90, 299)], ids=["suspected", "right", "few"])
def test_a_split_that_is_suspected_only_or_has_too_few_answers_raises_nothing(canary: int, answers: int) -> None:
    target = stored_target(split=SPLIT)
    run(target, *shares(canary, answers))
    assert target.runs.get().checks.get(check_id="variant_split_drift").triggered == (canary == 49)
    assert not Alert.objects.exists()


def test_a_variant_that_should_not_be_seen_is_told_at_once() -> None:
    run(stored_target(split=SPLIT), row(variant="control"), row(variant="leaked"))
    assert opened() == {"variant_split_drift": ("Medium", "pages nobody")}


# -- The anti-flake policy: a retry that went well (1) leaves no failure; a flake in one run warns (2); failures that
# persist escalate (3).


def test_policy_1_a_sample_that_a_retry_mended_raises_nothing() -> None:
    mended = {**row(), "attempts": [{"status": 403, "outcome": "infra", "ms": 9}, {"status": 200, "outcome": "ok"}]}
    run(stored_target(), *[row()] * 9, mended)
    tick(NOON, 1)
    assert not Alert.objects.exists()


def test_policy_2_a_single_run_that_a_cdn_refused_is_a_warning() -> None:
    run(stored_target(), *[row("infra")] * 10)
    assert opened() == {"infra_flake_single_run": ("Medium", "pages nobody")}


def test_policy_3_failures_that_persist_across_runs_are_high_and_the_warning_ends() -> None:
    target = stored_target()
    run(target, row("infra"))
    run(target, row("infra"), at=NOON + 5 * MINUTE)
    tick(NOON, 12)
    assert opened() == {"elevated_failures": ("High", "pages")}


@pytest.mark.parametrize(
    ("identifier", "says"),
    [
        ("DET-PROBE-001", "freeze the ramp at once"),
        ("DET-PROBE-001", "AURORA_FORCE_VARIANT_ENABLED=false"),
        ("DET-PROBE-002", "monitor, do not page"),
        ("DET-PROBE-002", "verify the rollout's variables and the bucket mapping"),
    ],
)
def test_the_operations_checklist_is_in_the_rules_documentation(identifier: str, says: str) -> None:
    current = Rule.objects.get(identifier=identifier).current
    assert current is not None
    assert says in current.decoded.documentation
