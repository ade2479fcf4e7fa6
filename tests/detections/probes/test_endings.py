"""How a run ends where something about it is odd: hostile text, no reader, a full disk, a fault of the probe itself."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from detections.probes.program import FILE, probe
from tests.receivers import weather
from tests.receivers.rollout import Rollout


@pytest.fixture
def service() -> Any:
    with Rollout() as running:
        yield running


def given(service: Rollout, folder: Path, *options: str) -> list[str]:
    return ["--base", service.url, "--out-dir", str(folder), "--samples", "2", "--retry-count", "0", *options]


def report_in(folder: Path) -> dict[str, Any]:
    (file,) = folder.glob("*_probe_*.json")
    read: dict[str, Any] = json.loads(file.read_text())
    return read


def test_half_a_surrogate_in_an_answer_is_reported_as_any_other_text(service: Rollout, tmp_path: Path) -> None:
    body = rb'{"meta": {"rollout_variant": "\ud800", "rollout_bucket": 1, "policy_version": "p-7"}}'
    service.climate = weather.status(200, body, x_aurora_variant="canary")
    with Rollout() as hook:
        status = probe.main(given(service, tmp_path, "--webhook", hook.url, "--fail-on-high"), {})
    assert status == 2
    assert "\ud800" in report_in(tmp_path)["first_failure"]["faults"][0]["note"]
    assert "\\ud800" in next(tmp_path.glob("*.md")).read_text()
    assert len(hook.received) == 1


def test_a_fault_of_the_probe_itself_is_not_told_as_a_warning(
    service: Rollout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(probe, "checks_of", broken)
    assert probe.main(given(service, tmp_path), {}) == 3
    assert "a fault" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_status_is_right_where_nobody_reads_what_is_said(service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    command = [sys.executable, str(FILE), *given(service, tmp_path), "--fail-on-warn"]
    with open("/dev/full", "w") as full:
        assert subprocess.run(command, stdout=full, check=False).returncode == 1
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        assert subprocess.run(command, stdout=nobody, check=False).returncode == 1


def test_what_is_said_fits_a_terminal_without_the_letters(service: Rollout, tmp_path: Path) -> None:
    service.change = lambda body, headers: body["meta"].update(rollout_variant="Ω")
    command = [sys.executable, str(FILE), *given(service, tmp_path), "--fail-on-high"]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert (done.returncode, rb"\u03a9" in done.stdout) == (2, True)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_status_is_right_where_there_is_nobody_to_tell(closed: str, service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    shell = f'"$@" {closed}'
    for options, wanted in (["--fail-on-warn"], 1), (["--target", "none.json"], 3):
        command = ["sh", "-c", shell, "sh", sys.executable, str(FILE), *given(service, tmp_path), *options]
        assert subprocess.run(command, check=False).returncode == wanted


# -- What cannot be written, and state files of others


def limited(command: list[str], size: int) -> subprocess.CompletedProcess[str]:
    """Run the command where no file can grow beyond `size` bytes, as on a disk that fills up."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=False)


def test_where_the_disk_is_full_the_samples_are_kept_and_no_half_report(service: Rollout, tmp_path: Path) -> None:
    done = limited([sys.executable, str(FILE), *given(service, tmp_path)], 1_500)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "the samples are in" in done.stderr
    (kept,) = tmp_path.iterdir()
    assert kept.name.endswith(".partial.jsonl")
    assert len(kept.read_text().splitlines()) == 2


def test_where_only_the_state_cannot_be_written_the_report_is(service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    old = {"id": "x" * 90_000, "target": "t", "failing": False}
    old.update(started="2999-01-01T00:00:00.000Z", finished="2999-01-01T00:00:00.000Z")
    state.write_text(json.dumps({"schema": 1, "runs": [old]}))
    room = state.stat().st_size + 300  # for the run's begin, not for its end
    done = limited([sys.executable, str(FILE), *given(service, tmp_path / "out"), "--state-file", str(state)], room)
    assert done.returncode == 3
    assert "the report is " in done.stderr
    assert report_in(tmp_path / "out")["samples"] == 2
    assert "--state-file" in report_in(tmp_path / "out")["notes"][0]


def test_a_run_that_does_not_begin_leaves_nothing(
    service: Rollout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = tmp_path / "newer.json"
    newer.write_text(kept := json.dumps({"schema": 3, "runs": [], "more": "of a newer probe"}))
    for state, says in ((newer, "newer probe (schema 3)"), (Path(os.devnull), "is no file"), (tmp_path, "is no file")):
        assert probe.main(given(service, tmp_path / "out", "--state-file", str(state)), {}) == 3
        assert says in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []
    assert newer.read_text() == kept
    assert service.received == []


def test_a_link_to_a_state_file_stays_one(service: Rollout, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    link, real = tmp_path / "state.json", tmp_path / "shared" / "state.json"
    link.symlink_to(real)
    for _ in range(2):
        assert probe.main(given(service, tmp_path / "out", "--state-file", str(link)), {}) == 0
    assert link.is_symlink()
    assert len(json.loads(real.read_text())["runs"]) == 2


RUN = '"id": "a", "target": "t", "started": "2026-01-01T00:00:00.000Z"'
ENDED = '"finished": "2026-01-01T00:01:00.000Z"'


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 100_000,
        f'{{"runs": [{{{RUN}, "variants": {{"a": 1e999}}}}]}}',
        f'{{"runs": [{{{RUN}, "variants": {{"a": -5}}}}]}}',
        " " * (32 << 20) + "[]",
        '{"runs": [{"id": "a", "target": ["t"], "started": "2026-01-01T00:00:00.000Z"}]}',
        f'{{"runs": [{{{RUN}, "split": "no JSON", "variants": {{"a": 1}}}}]}}',
        f'{{"runs": [{{{RUN}, "split": "[1]", "variants": {{"a": 1}}}}]}}',
        f'{{"runs": [{{{RUN}, "split": "[1, [[[]]]]", "variants": {{"a": 1}}}}]}}',
        f'{{"runs": [], "split_hours": [{{{RUN}, "split": ""}}]}}',
        f'{{"runs": [], "split_hours": [{{{RUN}, {ENDED}, "split": {{}}}}]}}',
    ],
    ids=["deep", "infinite", "negative", "huge", "target", "key", "short key", "key of lists", "no end", "no text"],
)
def test_a_hostile_state_file_is_put_aside(hostile: str, service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(hostile)
    assert probe.main(given(service, tmp_path / "out", "--state-file", str(state)), {}) == 0
    assert "was moved to" in report_in(tmp_path / "out")["notes"][0]


def test_counts_that_were_written_as_text_are_counted(tmp_path: Path) -> None:
    """Somebody put the file together by hand: what leaves it by the hour is added up all the same."""
    state = tmp_path / "state.json"
    runs = [f'{{{RUN}, {ENDED}, "split": "[1, []]", "window_hours": 1, "variants": {{"a": "{n}"}}}}' for n in (1, 2)]
    state.write_text(f'{{"runs": [{", ".join(runs)}]}}')
    read, _ = probe.StateFile(state)._read()
    (hour,) = probe._kept_hours(read, [], probe._read_iso("2026-01-01T01:00:00.000Z"))
    assert hour["variants"] == {"a": 3}


def test_an_empty_state_file_is_one_without_runs(service: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.touch()
    assert probe.main(given(service, tmp_path / "out", "--state-file", str(state)), {}) == 0
    assert report_in(tmp_path / "out")["notes"] == []


def test_who_stops_a_run_does_not_wait_for_its_webhook(service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    settings = probe.settings_of(
        {"base": service.url, "samples": 1, "retry_count": 0, "out_dir": str(tmp_path)}, {}, None
    )
    stop = threading.Event()
    with Rollout() as hook:
        hook.climate = weather.status(500)
        report, _ = probe.probe(settings, stop, sys.stderr)
        stop.set()
        assert probe.tell_webhook(hook.url, "", report, stop=stop) == "status 500"
        assert len(hook.received) == 1


# -- Secrets


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer canary-1",
        '{"authorization": "Basic canary-1"}',
        '{"api_key":   "canary-1"}',
        "token=canary-1&x=1",
        "x-token canary-1",
    ],
)
def test_an_excerpt_hides_what_looks_secret_and_its_scheme_is_not_it(said: str) -> None:
    assert "canary" not in probe.excerpt(said.encode(), ())


def test_secret_values_of_a_query_are_in_no_report(service: Rollout, tmp_path: Path) -> None:
    service.climate = weather.status(403)
    endpoint = "/v1/chat?region=eu&api_key=canary-1&sig=canary-2"
    with Rollout() as hook:
        probe.main(given(service, tmp_path, "--endpoint", endpoint, "--webhook", hook.url), {})
    written = "".join(path.read_text() for path in tmp_path.iterdir()) + hook.received[0].body.decode()
    assert "canary" not in written
    assert "/v1/chat?region=eu&api_key=[hidden]&sig=[hidden]" in written
    assert service.received[0].path == endpoint


def test_proxies_of_the_environment_are_not_used(service: Rollout, tmp_path: Path) -> None:
    closed = "http://127.0.0.1:1"
    environment = {**os.environ, "HTTP_PROXY": closed, "http_proxy": closed, "ALL_PROXY": closed}
    command = [sys.executable, str(FILE), *given(service, tmp_path)]
    assert subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert report_in(tmp_path)["ok"] == 2
