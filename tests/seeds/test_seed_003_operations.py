"""Seed 003, the Aurora rollout probe: its operations checklist, sentence by sentence, and what its webhook is told."""

from __future__ import annotations

import pytest
from django.test import Client

from bootstrap.checklists.models import Item, Run
from detections.alerts.delivery.probe_messages import queue_probe_messages
from detections.alerts.delivery.sender import deliver
from detections.probes.checklist import open_checklists
from detections.probes.definition import ProbeSecrets, sealed
from detections.probes.models import ProbeTarget
from detections.telemetry.models import ProjectEnvironment
from tests.bootstrap.builders import environment
from tests.detections.probes.rows import NOON, done, place, stored_target
from tests.detections.probes.samples import row
from tests.people import make_viewer
from tests.receivers.http_receiver import HttpReceiver

pytestmark = pytest.mark.usefixtures("shipped_runbooks")
CHECKLIST = "aurora-rollout-probe-operations-checklist"


@pytest.fixture
def aurora() -> ProbeTarget:
    where = place("aurora", "production")
    ProjectEnvironment.objects.filter(pk=where.pk).update(environment=environment("production", "pivota"))
    where.refresh_from_db()
    return stored_target(project_environment=where, opens_checklist=CHECKLIST)


def acts(section: str) -> list[str]:
    """The texts of the shipped items of a section, in their order."""
    items = Item.objects.filter(section__version__checklist__slug=CHECKLIST, section__title__startswith=section)
    return list(items.order_by("order").values_list("text", flat=True))


# -- Suggested Operations Checklist


def test_it_has_the_seeds_acts_in_the_seeds_order() -> None:
    items = Item.objects.filter(section__version__checklist__slug=CHECKLIST)
    assert list(items.order_by("section__order", "order").values_list("key", flat=True)) == [
        "page-immediately",
        "freeze-ramp",
        "monitor",
        "verify-rollout-env-vars",
        "verify-bucket-mapping",
        "keep-aurora_force_variant_enabled-false-in-production",
    ]
    assert not items.exclude(variables=None).exists(), "nothing waits for variables of an application that is not there"


def test_1_meta_missing_or_header_meta_mismatch_page_immediately_and_freeze_ramp() -> None:
    page, freeze = acts("`meta_missing` or `header_meta_mismatch` triggers")
    assert page.startswith("Page immediately:")
    assert freeze.startswith("Freeze ramp:")


def test_2_infra_flake_single_run_only_monitor_do_not_page() -> None:
    (watch,) = acts("Only `infra_flake_single_run` triggers")
    assert watch.startswith("Monitor, do not page:")


def test_3_variant_split_drift_warns_verify_rollout_env_vars_and_bucket_mapping() -> None:
    variables, buckets = acts("`variant_split_drift` warns")
    assert variables.startswith("Verify rollout env vars:")
    assert buckets.startswith("Verify bucket mapping:")


def test_4_keep_the_forced_variant_off_in_production_after_canary_windows() -> None:
    (keep,) = acts("After canary windows")
    assert keep.startswith("Keep `AURORA_FORCE_VARIANT_ENABLED=false` in production:")


@pytest.mark.parametrize("check", ["meta_missing", "header_meta_mismatch"])
def test_a_high_check_opens_it_where_the_probe_runs_whatever_the_system(
    aurora: ProbeTarget, check: str, client: Client
) -> None:
    run = done(aurora, row(faults=(check,)))
    assert open_checklists(NOON) == 1
    opened = Run.objects.get(checklist__slug=CHECKLIST)
    assert (opened.environment.path, opened.subject) == (
        "pivota/production",
        f"aurora-rollout: {check} in run {run.pk}",
    )
    client.force_login(make_viewer())
    html = " ".join(client.get(opened.get_absolute_url()).content.decode().split())
    for text in ("Opened by the probe aurora-rollout", "0 of 6 done", "Page immediately:"):
        assert text in html


@pytest.mark.parametrize("outcome", ["infra", "non_200"])
def test_what_is_to_be_monitored_only_opens_none(aurora: ProbeTarget, outcome: str) -> None:
    done(aurora, row(outcome))
    assert open_checklists(NOON) == 0


# -- The webhook: summary counters, variant distribution, triggered checks and first failure example


def test_the_webhook_gets_counters_distribution_checks_and_the_first_failure(receiver: HttpReceiver) -> None:
    target = stored_target(webhook_url=receiver.url, secret=sealed(ProbeSecrets({}, "t0ken")))
    done(target, row(variant="a"), row(variant="b", faults=("meta_missing",)), row("non_200"))
    queue_probe_messages(NOON)
    assert deliver(lambda: NOON) == 1
    (request,) = receiver.received
    told = request.json()
    counters = ("meta_null_count", "mismatch_count", "bucket_out_of_range_count")
    assert [told[name] for name in counters] == [1, 0, 0]
    assert told["header_variant_counts"] == {"a": 1, "b": 1}
    assert told["header_variant_pct"] == {"a": 50.0, "b": 50.0}
    assert told["triggered"] == ["meta_missing", "failure_single_run"]
    assert told["first_failure"]["faults"][0]["check"] == "meta_missing"
    assert (request.headers["authorization"], request.headers["x-aurora-probe-token"]) == ("Bearer t0ken", "t0ken")
