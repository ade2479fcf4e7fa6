"""Seed 003, the Aurora rollout probe: a test for each requirement, of the command and of scheduled runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from detections.probes import command
from detections.probes.prober import work_off
from detections.probes.program import FILE, probe
from detections.probes.schedule import queue_due
from tests.detections.probes.rows import MINUTE, NOON, stored_target
from tests.detections.probes.samples import checks, counted, past, row, triggered
from tests.receivers import weather
from tests.receivers.rollout import Rollout

pytestmark = pytest.mark.slow
NAMES = (
    "AURORA_ROLLOUT_PROBE_BASE",
    "AURORA_PROBE_BASE_URL",
    "AURORA_ROLLOUT_PROBE_SAMPLES",
    "AURORA_PROBE_SAMPLES",
    "AURORA_ROLLOUT_PROBE_CONCURRENCY",
    "AURORA_PROBE_CONCURRENCY",
    "AURORA_ROLLOUT_PROBE_ALERT_WEBHOOK_URL",
    "AURORA_PROBE_WEBHOOK_URL",
    "AURORA_PROBE_WEBHOOK_TOKEN",
    "AURORA_ROLLOUT_PROBE_STATE_FILE",
    "AURORA_ROLLOUT_PROBE_POLICY_DEBUG",
)


def report(folder: Path, service: Rollout, *options: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The report of one run of the command."""
    probe.main(
        ["--base", service.url, "--out-dir", str(folder), "--retry-backoff-ms", "50", *options], environment or {}
    )
    found: dict[str, Any] = json.loads(max(folder.glob("*.json")).read_text())
    return found


@pytest.fixture
def service() -> Any:
    with Rollout() as running:
        yield running


# -- Scope


def test_the_five_invariants_of_v1_chat(tmp_path: Path, service: Rollout) -> None:
    says = [row["says"] for row in report(tmp_path, service)["config"]["invariants"]]
    assert says == [
        "meta must be there",
        "header x-aurora-variant must equal meta.rollout_variant",
        "header x-aurora-bucket must equal meta.rollout_bucket",
        "header x-aurora-policy-version must equal meta.policy_version",
        "meta.rollout_bucket must be a whole number from 0 to 99",
    ]
    assert {request.path for request in service.received} == {"/v1/chat"}


INVARIANTS = {
    "meta_missing": lambda body, headers: body.pop("meta"),
    "header_meta_mismatch x-aurora-variant": lambda body, headers: headers.update({"x-aurora-variant": "other"}),
    "header_meta_mismatch x-aurora-bucket": lambda body, headers: headers.update({"x-aurora-bucket": "77777"}),
    "header_meta_mismatch x-aurora-policy-version": lambda body, headers: headers.pop("x-aurora-policy-version"),
    "bucket_out_of_range meta.rollout_bucket": lambda body, headers: (
        body["meta"].update(rollout_bucket=100),
        headers.update({"x-aurora-bucket": "100"}),
    ),
}


@pytest.mark.parametrize("broken", INVARIANTS)
def test_each_invariant_that_breaks_in_one_answer_is_high_by_its_own_rule(
    broken: str, tmp_path: Path, service: Rollout
) -> None:
    """Scope 1 to 5, and the first three rules: more than 0 in one run is high."""
    left = [INVARIANTS[broken]]

    def break_one(body: dict[str, Any], headers: dict[str, str]) -> None:
        if left:
            left.pop()(body, headers)

    service.change = break_one
    found = report(tmp_path, service)
    rule, _, field = broken.partition(" ")
    (check,) = [check for check in found["checks"] if check["triggered"]]
    assert (check["id"], check["severity"], check["value"], check["threshold"]) == (rule, "high", 1, 0)
    assert (field or "meta") in check["note"]


# -- Probe execution


def test_ten_samples_a_run_unless_told_otherwise(tmp_path: Path, service: Rollout) -> None:
    assert report(tmp_path, service)["samples"] == 10
    assert report(tmp_path / "300", service, "--samples", "300")["samples"] == 300


def test_the_base_of_the_seed_is_taken_as_it_is_written() -> None:
    base = "https://pivota-agent-production.up.railway.app"
    target = probe.settings_of({"base": base, "samples": "10", "concurrency": "3"}, {}, None).target
    assert (target.base, target.endpoint, target.method) == (base, "/v1/chat", "POST")


def test_the_example_of_the_seed_runs(tmp_path: Path, service: Rollout) -> None:
    """`--base … --samples 10 --concurrency 3`, by the file alone and by bin/manage."""
    given = ["--base", service.url, "--samples", "10", "--concurrency", "3", "--out-dir", str(tmp_path)]
    alone = subprocess.run([sys.executable, "-I", str(FILE), *given], check=True, capture_output=True, text=True)
    assert "aurora-rollout: clean; 10 samples, 0 failed" in alone.stdout
    assert command.main(given) == 0
    assert len(service.received) == 20


def test_the_two_ways_report_alike(tmp_path: Path, service: Rollout) -> None:
    given = ["--base", service.url, "--samples", "4"]
    subprocess.run([sys.executable, "-I", str(FILE), *given, "--out-dir", str(tmp_path / "a")], check=True)
    assert command.main(["--data", "/nowhere", *given, "--out-dir", str(tmp_path / "b")]) == 0
    one, two = (json.loads(next((tmp_path / name).glob("*.json")).read_text()) for name in ("a", "b"))
    assert one.keys() == two.keys()
    assert (one["config"], [check["id"] for check in one["checks"]]) == (
        two["config"],
        [c["id"] for c in two["checks"]],
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_that_the_seed_names_is_read(name: str) -> None:
    assert any(name in source.variables for source in probe.SOURCES)


def test_the_variables_of_the_seed_alone_configure_a_run(tmp_path: Path, service: Rollout) -> None:
    """As a job has it: no option but where the reports go."""
    service.climate = weather.status(403)
    with Rollout() as hook:
        environment = {
            "AURORA_PROBE_BASE_URL": service.url,
            "AURORA_PROBE_SAMPLES": "4",
            "AURORA_PROBE_CONCURRENCY": "2",
            "AURORA_PROBE_WEBHOOK_URL": f"{hook.url}/alias",
            "AURORA_PROBE_WEBHOOK_TOKEN": "word",
            "AURORA_ROLLOUT_PROBE_STATE_FILE": str(tmp_path / "state.json"),
            "AURORA_ROLLOUT_PROBE_POLICY_DEBUG": "1",
        }
        stronger = {
            "AURORA_ROLLOUT_PROBE_BASE": f"{service.url}/eu",
            "AURORA_ROLLOUT_PROBE_SAMPLES": "3",
            "AURORA_ROLLOUT_PROBE_CONCURRENCY": "1",
            "AURORA_ROLLOUT_PROBE_ALERT_WEBHOOK_URL": f"{hook.url}/own",
        }
        for given in (environment, {**environment, **stronger}):
            assert probe.main(["--out-dir", str(tmp_path)], given) == 0
    counted_by_path = Counter(request.path for request in service.received)
    assert counted_by_path == {"/v1/chat": 8, "/eu/v1/chat": 6}, "each sample is retried once"
    assert {request.headers["x-aurora-policy-debug"] for request in service.received} == {"true"}
    assert [(request.path, request.headers["x-aurora-probe-token"]) for request in hook.received] == [
        ("/alias", "word"),
        ("/own", "word"),
    ]
    assert [run["samples"] for run in json.loads((tmp_path / "state.json").read_text())["runs"]] == [4, 3]


def test_the_aliases_for_ci(tmp_path: Path, service: Rollout) -> None:
    service.climate = weather.status(403)
    with Rollout() as hook:
        options = ["--webhook", hook.url, "--webhook-token", "word", "--window-minutes", "5"]
        assert report(tmp_path, service, *options)["config"]["window_minutes"] == 5
    (told,) = hook.received
    assert (told.headers["authorization"], told.headers["x-aurora-probe-token"]) == ("Bearer word", "word")


def test_window_minutes_is_stored_as_milliseconds() -> None:
    assert probe.settings_of({"base": "https://x", "window_minutes": "10"}, {}, None).failure_window_ms == 600_000


def test_300_samples_for_the_split(tmp_path: Path) -> None:
    split = {"header": "x-aurora-variant", "variants": {"control": 0.9, "canary": 0.1}}
    rows = [row(variant="control")] * 270 + [row(variant="canary")] * 30
    assert "not judged" in checks(counted(*rows[:299]), split=split)["variant_split_drift"].note
    assert "as expected, 300 answers" in checks(counted(*rows), split=split)["variant_split_drift"].note


@pytest.mark.django_db
def test_every_five_minutes_with_ten_samples(service: Rollout, settings: LazySettings) -> None:
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    target = stored_target(base=service.url, allow=["127.0.0.1"])
    assert (target.interval_minutes, target.samples) == (5, 10)
    for minute in range(15):
        now = NOON + minute * MINUTE
        assert bool(queue_due(now)) == (minute in {0, 5, 10})
        work_off(lambda now=now: now)  # type: ignore[misc]
    assert list(target.runs.values_list("state", "taken")) == [("done", 10)] * 3
    assert len(service.received) == 30


# -- Alert rules


@pytest.mark.parametrize(
    ("check", "severity"),
    [
        ("meta_missing", "high"),
        ("header_meta_mismatch", "high"),
        ("bucket_out_of_range", "high"),
        ("elevated_failures", "high"),
        ("infra_flake_single_run", "warn"),
        ("variant_split_drift", "warn"),
    ],
)
def test_the_severity_of_each_rule(check: str, severity: str) -> None:
    assert checks(counted(row()))[check].severity == severity


def test_non_200_or_parse_errors_in_two_runs_within_ten_minutes() -> None:
    for outcome in ("non_200", "parse_error"):
        assert "elevated_failures" not in triggered(checks(counted(row(outcome))))
        assert "elevated_failures" in triggered(checks(counted(row(outcome)), [past(5)]))
        assert "elevated_failures" not in triggered(checks(counted(row(outcome)), [past(15)]))


def test_the_split_out_of_its_ranges_warns_from_the_threshold_on(tmp_path: Path, service: Rollout) -> None:
    """The service has 10 % of canaries where 1 to 5 % are allowed: drifted, once 300 answers say so."""
    variants = {"control": 0.97, "canary": {"share": 0.03, "min": 0.01, "max": 0.05}}
    aurora = {**probe.AURORA, "split": {"header": "x-aurora-variant", "variants": variants}}
    (target := tmp_path / "target.json").write_text(json.dumps(aurora))
    for samples, severity in (("299", ""), ("300", "warn")):
        found = report(tmp_path / samples, service, "--target", str(target), "--samples", samples)
        assert found["severity"] == severity
    assert [check["id"] for check in found["checks"] if check["triggered"]] == ["variant_split_drift"]
    assert found["checks"][-1]["value"] == {"canary": 0.1, "control": 0.9}


@pytest.mark.django_db
def test_elevated_failures_over_scheduled_runs(service: Rollout, settings: LazySettings) -> None:
    """A run fails, and another within ten minutes; one that fails half an hour later stands alone."""
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    target = stored_target(base=service.url, allow=["127.0.0.1"], samples=2, retry_count=0)
    severities = []
    for minute, climate in ((0, None), (5, weather.status(500)), (10, weather.status(503)), (40, weather.status(500))):
        service.climate, now = climate, NOON + minute * MINUTE
        (run,) = queue_due(now)
        work_off(lambda now=now: now)  # type: ignore[misc]
        run.refresh_from_db()
        severities.append((run.severity, run.checks.get(check_id="elevated_failures").triggered))
    assert severities == [("", False), ("info", False), ("high", True), ("info", False)]
    assert target.runs.filter(failing=True).count() == 3


# -- Anti-flake policy


def test_a_flake_that_is_gone_in_the_next_cycle_was_only_observed(tmp_path: Path, service: Rollout) -> None:
    kept = ["--samples", "2", "--state-file", str(tmp_path / "state")]
    service.climate = weather.status(403)
    assert report(tmp_path / "1", service, *kept)["severity"] == "warn"
    service.climate = None
    assert report(tmp_path / "2", service, *kept)["severity"] == ""


def test_a_flake_does_not_fail_a_job_that_fails_on_high(tmp_path: Path, service: Rollout) -> None:
    """If a flake only: monitor, do not page."""
    service.climate = weather.status(429)
    given = ["--base", service.url, "--out-dir", str(tmp_path), "--samples", "1", "--retry-count", "0"]
    assert probe.main([*given, "--fail-on-high"], {}) == 0
    service.climate = None
    service.change = lambda body, headers: headers.clear()
    assert probe.main([*given, "--fail-on-high"], {}) == 2, "a mismatch pages at once"


def test_failed_requests_are_retried_once_after_a_short_wait(tmp_path: Path, service: Rollout) -> None:
    service.forecast(weather.status(500))
    found = report(tmp_path, service, "--samples", "1")
    assert [attempt["status"] for attempt in found["rows"][0]["attempts"]] == [500, 200]
    assert found["severity"] == ""


@pytest.mark.parametrize("flake", [weather.status(403), weather.status(429), weather.status(502, b"err 54113 x")])
def test_a_single_run_of_cdn_and_waf_failures_warns_and_persisting_ones_are_high(
    flake: weather.Weather, tmp_path: Path, service: Rollout
) -> None:
    service.climate = flake
    kept = ["--samples", "2", "--state-file", str(tmp_path / "state")]
    assert report(tmp_path / "1", service, *kept)["severity"] == "warn"
    assert report(tmp_path / "2", service, *kept)["severity"] == "high"


# -- Expected output


def test_each_run_writes_json_and_markdown(tmp_path: Path, service: Rollout) -> None:
    service.change = lambda body, headers: body.update(meta=None)
    found = report(tmp_path, service)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.rpartition(".")[2] for name in names] == ["json", "md"]
    assert all(name.startswith("aurora_rollout_probe_") for name in names)
    assert {"meta_null_count", "mismatch_count", "non_200_count", "parse_error_count"} <= found.keys()
    assert {"header_variant_counts", "header_variant_pct", "first_failure"} <= found.keys()
    assert found["meta_null_count"] == 10
    assert [check["id"] for check in found["checks"] if check["triggered"]] == ["meta_missing"]
    assert found["first_failure"]["faults"][0]["note"] == "meta is null"
