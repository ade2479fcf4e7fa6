"""The command against a real local service in bad weather: what is counted, what triggers, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detections.probes.program import FILE, probe
from tests.detections.probes.hearing import HEARING
from tests.receivers import weather
from tests.receivers.certificates import DAY, Authority
from tests.receivers.rollout import Rollout

GOOD_META = b'{"meta": {"rollout_variant": "canary", "rollout_bucket": 1, "policy_version": "p-7"}}'


class Outcome:
    """What a run of the command left behind."""

    def __init__(self, status: int, folder: Path) -> None:
        self.status = status
        self.files = sorted(folder.glob("*_probe_*.json"))
        self.report: dict[str, Any] = json.loads(self.files[-1].read_text())
        self.markdown = self.files[-1].with_suffix(".md").read_text()

    @property
    def triggered(self) -> set[str]:
        return {check["id"] for check in self.report["checks"] if check["triggered"]}


@pytest.fixture
def service() -> Any:
    with Rollout() as running:
        yield running


def run(service: Rollout | str, folder: Path, *options: str, environment: dict[str, str] | None = None) -> Outcome:
    """Run the command in this process, with quick retries."""
    base = service if isinstance(service, str) else service.url
    given = ["--base", base, "--out-dir", str(folder), "--retry-backoff-ms", "50", "--timeout-ms", "1000", *options]
    return Outcome(probe.main(given, environment or {}), folder)


def test_a_good_service_is_clean(service: Rollout, tmp_path: Path) -> None:
    done = run(service, tmp_path, "--fail-on-warn", "--fail-on-high")
    assert (done.status, done.triggered, done.report["severity"]) == (0, set(), "")
    assert len(service.received) == 10 == done.report["samples"] == len(done.report["rows"])
    users = {request.json()["user_id"] for request in service.received}
    assert len(users) == len({request.json()["session_id"] for request in service.received}) == 10
    assert {(request.method, request.path) for request in service.received} == {("POST", "/v1/chat")}
    assert done.report["header_variant_counts"] == {"canary": 1, "control": 9}
    assert done.report["header_variant_pct"] == {"canary": 10.0, "control": 90.0}
    assert done.report["latency_ms"]["p50"] <= done.report["latency_ms"]["p95"]


CHANGES = {
    "null meta": (lambda body, headers: body.update(meta=None), {"meta_missing"}),
    "no meta": (lambda body, headers: body.pop("meta"), {"meta_missing"}),
    "stripped headers": (lambda body, headers: headers.clear(), {"header_meta_mismatch"}),
    "wrong variant": (lambda body, headers: headers.update({"x-aurora-variant": "x"}), {"header_meta_mismatch"}),
    "bucket 100": (
        lambda body, headers: (body["meta"].update(rollout_bucket=100), headers.update({"x-aurora-bucket": "100"})),
        {"bucket_out_of_range"},
    ),
    "bucket 3.5": (
        lambda body, headers: (body["meta"].update(rollout_bucket=3.5), headers.update({"x-aurora-bucket": "3.5"})),
        {"bucket_out_of_range"},
    ),
    'bucket "07"': (
        lambda body, headers: (body["meta"].update(rollout_bucket="07"), headers.update({"x-aurora-bucket": "07"})),
        {"bucket_out_of_range"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_hold_of_an_answer_is_high(name: str, service: Rollout, tmp_path: Path) -> None:
    service.change, wanted = CHANGES[name]  # type: ignore[assignment]
    done = run(service, tmp_path, "--fail-on-high")
    assert (done.status, done.triggered, done.report["severity"]) == (2, wanted, "high")
    assert done.report["first_failure"]["faults"]
    assert len(service.received) == 10, "an answer with a fault is not asked for again"


def test_mismatching_samples_and_fields_are_both_counted(service: Rollout, tmp_path: Path) -> None:
    service.change = lambda body, headers: headers.clear()
    report = run(service, tmp_path).report
    counted = ("mismatch_count", "mismatch_field_count", "header_missing_count")
    assert [report[name] for name in counted] == [10, 30, 30]


WEATHERS: dict[str, tuple[weather.Weather, str, str]] = {
    "HTML 403": (weather.status(403, b"<h1>blocked</h1>", Content_Type="text/html"), "infra", "status 403"),
    "429": (weather.status(429), "infra", "status 429"),
    "54113": (weather.status(503, b"error 54113"), "infra", "54113"),
    "541131": (weather.status(503, b"error 541131"), "non_200", "status 503"),
    "500 with valid meta": (weather.status(500, GOOD_META), "non_200", "status 500"),
    "invalid JSON": (weather.status(200, b"{meta}", Content_Type="application/json"), "parse_error", "no JSON"),
    "NaN": (weather.status(200, b'{"meta": NaN}'), "parse_error", "no JSON"),
    "empty": (weather.status(200), "parse_error", "no JSON"),
    "54113 with 200": (weather.status(200, b"54113"), "ok", ""),
    "too deep": (weather.status(200, b"[" * 100_000), "parse_error", "no JSON"),
    "huge": (weather.huge(), "parse_error", "larger than 1 MiB"),
    "huge 500": (weather.status(500, b"x" * 3_000_000), "non_200", "status 500"),
    "huge headers": (weather.huge_headers(), "non_200", "no valid HTTP answer"),
    "hanging": (weather.hang(), "non_200", "timed out"),
    "dripping head": (weather.drip_headers(0.1), "non_200", "timed out"),
    "dripping body": (weather.drip_body(0.1), "non_200", "timed out"),
    "dripping chunks": (weather.drip_chunks(0.1), "non_200", "timed out"),
    "redirect": (weather.redirect("http://169.254.169.254/"), "non_200", "status 302"),
    "reset": (weather.reset(), "non_200", "connection closed"),
    "closed": (weather.close_at_once(), "non_200", "connection closed"),
    "half": (weather.close_early(), "non_200", "ended too early"),
    "no HTTP": (weather.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "non_200", "no valid HTTP answer"),
}


@pytest.mark.parametrize("name", WEATHERS)
def test_bad_weather_is_counted_once_a_sample(name: str, service: Rollout, tmp_path: Path) -> None:
    service.climate, outcome, says = WEATHERS[name]
    done = run(service, tmp_path, "--samples", "2", "--concurrency", "2", "--fail-on-high")
    rows = done.report["rows"]
    assert [row["outcome"] for row in rows] == [outcome] * 2
    assert all(says in row.get("detail", "") for row in rows)
    assert [len(row["attempts"]) for row in rows] == [1 if outcome == "ok" else 2] * 2, "retried once"
    single = {"infra": {"infra_flake_single_run"}, "ok": {"meta_missing"}}.get(outcome, {"failure_single_run"})
    assert done.triggered == single
    assert done.status == (2 if outcome == "ok" else 0)


def test_an_answer_that_ends_with_its_connection_is_read(service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.raw(b"HTTP/1.0 200 OK\r\nx-aurora-bucket: 1\r\n\r\n" + GOOD_META)
    done = run(service, tmp_path, "--samples", "2")
    assert (done.report["ok"], done.triggered) == (2, {"header_meta_mismatch"})


def test_a_retry_that_succeeds_is_no_failure(service: Rollout, tmp_path: Path) -> None:
    service.forecast(weather.reset(), weather.status(500))
    done = run(service, tmp_path, "--concurrency", "1", "--retry-count", "3")
    assert (done.triggered, done.report["ok"], done.report["retried_count"]) == (set(), 10, 1)
    assert [attempt["outcome"] for attempt in done.report["rows"][0]["attempts"]] == ["non_200", "non_200", "ok"]


def test_retry_after_is_kept_within_bounds(service: Rollout, tmp_path: Path) -> None:
    service.forecast(weather.too_many(1))
    first = run(service, tmp_path, "--samples", "1").report["rows"][0]
    assert [attempt["status"] for attempt in first["attempts"]] == [429, 200]
    service.forecast(weather.too_many(3600))
    second = run(service, tmp_path, "--samples", "1").report["rows"][0]
    assert [attempt["status"] for attempt in second["attempts"]] == [429], "an hour is not waited for"


def test_waits_grow_and_are_bounded() -> None:
    target = probe.read_target({**probe.AURORA, "base": "https://x", "retry_backoff_ms": 1000})
    waits = probe.Waits(lambda least, most: most)
    silent = probe.Reply(500, {}, b"", "", 1.0)
    assert [waits.seconds(silent, attempt, target) for attempt in (1, 2, 3)] == [1.5, 3.0, 5.0]
    asks = probe.Reply(429, {"retry-after": "2"}, b"", "", 1.0)
    assert waits.seconds(asks, 1, target) == 2.0
    for odd in ("-1", "Wed, 21 Oct 2015 07:28:00 GMT", "٣", "1e9", ""):
        assert waits.seconds(probe.Reply(429, {"retry-after": odd}, b"", "", 1.0), 1, target) == 1.5


def test_wrong_certificates_fail_and_good_ones_tell_their_end(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    trusted = ssl.create_default_context(cafile=str(authority.file))
    for context, good in ((authority.server("localhost"), True), (authority.server("localhost", valid=-DAY), False)):
        with Rollout(tls=context, host="localhost") as service:
            target = probe.read_target({**probe.AURORA, "base": service.url, "samples": 1, "retry_count": 0})
            rows: list[dict[str, Any]] = []
            ends = probe.run_samples(target, rows.append, tls=trusted)
            strange: list[dict[str, Any]] = []
            probe.run_samples(target, strange.append)
        assert (rows[0]["outcome"] == "ok") == good == (ends is not None)
        assert "certificate refused" in strange[0]["detail"], "the system does not trust a test's authority"


def test_a_host_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = run(f"http://127.0.0.1:{taken.getsockname()[1]}", tmp_path, "--fail-on-warn")
    assert done.report["non_200_count"] == 10
    assert "connection refused" in done.report["rows"][0]["detail"]
    assert done.status == 0, "one failing run informs"
    assert "host not found" in run("http://nowhere.invalid", tmp_path, "--samples", "1").report["rows"][0]["detail"]


# -- Several runs


def test_elevated_failures_over_separate_runs_of_the_command(service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    state = str(tmp_path / "kept" / "state.json")
    command = [
        sys.executable,
        str(FILE),
        "--base",
        service.url,
        "--out-dir",
        str(tmp_path),
        "--samples",
        "2",
        "--state-file",
        state,
    ]
    command += ["--retry-count", "0", "--fail-on-warn"]
    ended = [subprocess.run(command, check=False, capture_output=True, text=True) for _ in range(2)]
    assert [each.returncode for each in ended] == [1, 2], "a flake warns; failing again within ten minutes is high"
    assert "warn infra_flake_single_run" in ended[0].stdout
    assert "high elevated_failures" in ended[1].stdout
    service.climate = None
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_runs_at_once_lose_nothing_of_the_state(service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [
        sys.executable,
        str(FILE),
        "--base",
        service.url,
        "--out-dir",
        str(tmp_path / "out"),
        "--state-file",
        str(state),
    ]
    started = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [each.wait() for each in started] == [0] * 4
    runs = json.loads(state.read_text())["runs"]
    assert len(runs) == len({each["id"] for each in runs}) == 4
    assert all("finished" in each for each in runs)
    assert len(list((tmp_path / "out").glob("*.json"))) == 4, "a report each, in the same second too"


def test_a_killed_run_is_marked_and_its_samples_are_kept(service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, str(FILE), "--base", service.url, "--out-dir", str(tmp_path), "--state-file", str(state)]
    service.forecast(*[None] * 5)
    service.climate = weather.hang()
    running = subprocess.Popen([*command, "--concurrency", "1", "--timeout-ms", "60000"])
    while len(service.received) < 6:
        assert running.poll() is None
        os.sched_yield()
    running.send_signal(signal.SIGKILL)
    running.wait()
    (partial,) = tmp_path.glob("*.partial.jsonl")
    assert len(partial.read_text().splitlines()) == 5
    service.climate = None
    assert subprocess.run([*command, "--fail-on-warn"], check=False).returncode == 0, "it counts for nothing"
    killed, ended = json.loads(state.read_text())["runs"]
    assert killed["interrupted"]
    assert "finished" not in killed
    assert not ended["failing"]


def test_an_interrupted_run_writes_its_reports_and_ends_with_3(service: Rollout, tmp_path: Path) -> None:
    service.forecast(*[None] * 5)
    service.climate = weather.hang()
    command = [sys.executable, str(FILE), "--base", service.url, "--out-dir", str(tmp_path), "--concurrency", "1"]
    options = ("--timeout-ms", "1000", "--retry-count", "0")
    running = subprocess.Popen([*HEARING, *command, *options], stdout=subprocess.DEVNULL)
    while len(service.received) < 6:
        assert running.poll() is None
        os.sched_yield()
    running.send_signal(signal.SIGTERM)
    done = Outcome(running.wait(), tmp_path)
    assert done.status == 3
    assert done.report["interrupted"]
    assert len(done.report["rows"]) == done.report["samples"] >= 5
    assert list(tmp_path.glob("*.partial.jsonl")) == []


def test_a_state_file_that_cannot_be_read_is_put_aside(service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for broken in (
        "{",
        '{"runs": [{"id": 1}]}',
        '{"runs": 7}',
        "[]",
        '{"runs": [{"id": "a", "target": "x", "started": "y"}]}',
    ):
        state.write_text(broken)
        done = run(service, tmp_path / "out", "--state-file", str(state), "--samples", "1")
        assert "was moved to state.json.unreadable-" in done.report["notes"][0]
        assert len(json.loads(state.read_text())["runs"]) == 1
    assert len(list(tmp_path.glob("state.json.unreadable-*"))) == 5


def test_what_cannot_be_written_ends_with_3(
    service: Rollout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    given = ["--base", service.url, "--out-dir"]
    assert probe.main([*given, str(blocked / "out")], {}) == 3
    assert probe.main([*given, str(tmp_path), "--state-file", str(blocked / "state")], {}) == 3
    assert capsys.readouterr().err.count("--out-dir: ") == 1
    assert service.received == []


# -- Reports and the webhook


def test_nothing_secret_is_in_a_report(service: Rollout, tmp_path: Path) -> None:
    kept = tmp_path / "target.json"
    headers = {"authorization": "Bearer canary-of-the-target-0001", "content-type": "application/json"}
    kept.write_text(json.dumps({**probe.AURORA, "headers": headers}))
    service.climate = weather.status(
        500, b"you sent canary-of-the-target-0001, token=canary-of-the-body-0002 " + b"\x00\xff"
    )
    hook = Rollout()
    with hook:
        run(service, tmp_path, "--target", str(kept), "--webhook", f"{hook.url}/hook?key=canary-of-the-hook-0003",
            "--webhook-token", "canary-of-the-token-0004", "--state-file", str(tmp_path / "s.json"))  # fmt: skip
    everything = "".join(path.read_text() for path in tmp_path.glob("*") if path != kept)
    assert "canary-of" not in everything
    assert "you sent [hidden]" in everything


def test_the_webhook_is_told_of_warn_and_high_only(service: Rollout, tmp_path: Path) -> None:
    with Rollout() as hook:
        told = ["--webhook-url", f"{hook.url}/hook", "--webhook-token", "a-token", "--samples", "2"]
        run(service, tmp_path, *told)
        service.climate = weather.status(500)
        run(service, tmp_path, *told)
        assert hook.received == [], "clean, and information"
        service.climate = weather.status(403)
        done = run(service, tmp_path, *told)
    (message,) = hook.received
    assert message.headers["authorization"] == "Bearer a-token"
    assert message.headers["x-aurora-probe-token"] == "a-token"
    summary = message.json()
    assert (summary["severity"], summary["triggered"]) == ("warn", ["infra_flake_single_run"])
    assert summary["first_failure"]["status"] == 403
    assert "the webhook was told" in done.report["notes"]


@pytest.mark.parametrize(
    "bad", [weather.status(500), weather.status(404), weather.reset(), weather.redirect("http://x/")]
)
def test_a_webhook_that_does_not_take_it_is_said(bad: weather.Weather, service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    with Rollout() as hook:
        hook.climate = bad
        done = run(service, tmp_path, "--webhook", hook.url, "--samples", "1", "--fail-on-warn")
    assert done.status == 1
    assert any("the webhook did not take the summary" in note for note in done.report["notes"])


def test_the_markdown_says_the_same(service: Rollout, tmp_path: Path) -> None:
    service.change = lambda body, headers: headers.update({"x-aurora-variant": "a|b<i>"})
    done = run(service, tmp_path)
    assert done.markdown.startswith("# aurora-rollout: HIGH\n")
    assert all(check["id"].replace("_", "\\_") in done.markdown for check in done.report["checks"])
    assert "a\\|b\\<i\\>" in done.markdown
    assert "| high | **yes** |" in done.markdown, "bold, not escaped"
    assert done.files[-1].name.startswith("aurora_rollout_probe_")


def test_the_policy_s_details_are_asked_for_and_kept(service: Rollout, tmp_path: Path) -> None:
    plain = run(service, tmp_path, "--samples", "1").report["rows"][0]
    debug = run(service, tmp_path, "--samples", "1", "--policy-debug").report["rows"][0]
    assert "meta" not in plain
    assert debug["meta"]["policy_version"] == "p-7"
    assert [request.headers.get("x-aurora-policy-debug") for request in service.received] == [None, "true"]


def test_connections_are_kept_and_a_closed_one_is_no_failure(service: Rollout, tmp_path: Path) -> None:
    service.forecast(weather.status(200, GOOD_META), None)
    done = run(service, tmp_path, "--samples", "3", "--concurrency", "1")
    assert done.report["retried_count"] == 0
