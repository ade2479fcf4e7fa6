"""Who stops the command does not wait for it, whatever it waits for itself, and has its reports."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from detections.probes.program import FILE, probe
from tests.detections.probes.hearing import HEARING
from tests.detections.probes.samples import NOON, target
from tests.receivers import weather
from tests.receivers.rollout import Rollout
from tests.receivers.weather import Connection


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "HALT_SECONDS", 0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_while_its_target_is_read_from_a_pipe_without_end(number: signal.Signals, tmp_path: Path) -> None:
    pipe = tmp_path / "target.json"
    os.mkfifo(pipe)
    command = [*HEARING, sys.executable, str(FILE), "--base", "http://127.0.0.1:1", "--target", str(pipe)]
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    with running, open(pipe, "w"):  # which waits for its reader
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (3, "opsconsole-probe: interrupted before anything was sent\n")
    assert list(tmp_path.iterdir()) == [pipe]


def test_while_another_run_holds_the_state(tmp_path: Path, impatient: None) -> None:
    stop = threading.Event()
    stop.set()
    with open(tmp_path / "state.json.lock", "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(probe.ProbeError, match=r"another process has held .* when this run was stopped"):
            probe.StateFile(tmp_path / "state.json", stop).begin("new", target(), NOON)


def test_while_a_webhook_does_not_answer(tmp_path: Path, impatient: None) -> None:
    stop = threading.Event()

    def stopped(connection: Connection) -> None:
        stop.set()
        weather.hang()(connection)

    with Rollout() as service, Rollout() as hook:
        service.climate, hook.climate = weather.status(403), stopped
        given: dict[str, Any] = {"base": service.url, "samples": 1, "retry_count": 0, "webhook_url": hook.url}
        report, files = probe.probe(probe.settings_of({**given, "out_dir": str(tmp_path)}, {}, None), stop, None)
        assert len(hook.received) == 1
    assert report.notes == ["the webhook did not take the summary: no answer before the run was stopped"]
    assert not report.interrupted, "it had all its samples"
    assert files.json.exists()
