"""How a run ends where something about it is odd: hostile text, no reader, a full disk, a fault of the probe itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
