"""The command as a process: the interpreters it runs on, the signals that end it, the threads it is not given."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from detections.probes.program import FILE, probe
from tests.detections.probes.hearing import HEARING
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


def old_python() -> str:
    """The oldest interpreter that the file promises to run on; '' where there is none."""
    found = [shutil.which("python3.8"), *map(str, Path.home().glob(".pyenv/versions/3.8*/bin/python3.8"))]
    tried = (each for each in found if each)
    works = (
        each for each in tried if subprocess.run([each, "-c", ""], check=False, capture_output=True).returncode == 0
    )
    return next(works, "")


def test_the_file_is_of_the_language_that_it_promises() -> None:
    ast.parse(FILE.read_text(), feature_version=(3, 8))


def test_it_runs_on_the_oldest_python_that_it_promises(service: Rollout, tmp_path: Path) -> None:
    python = old_python()
    if not python:
        pytest.skip("no Python 3.8 here")
    split = {"header": "x-aurora-variant", "variants": {"control": 0.9, "canary": {"share": 0.1, "min": 0.05}}}
    (target := tmp_path / "target.json").write_text(json.dumps({**probe.AURORA, "split": split}))
    state = ["--state-file", str(tmp_path / "state.json"), "--target", str(target), "--samples", "40"]
    command = [python, str(FILE), *given(service, tmp_path / "out"), *state, "--fail-on-warn"]
    service.forecast(weather.status(500), weather.hang())
    for number, wanted in ((1, 0), (2, 0), (3, 2)):
        service.climate = weather.status(403) if number == 3 else None
        done = subprocess.run([*command, "--timeout-ms", "1000"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (wanted, "")
    assert len(list((tmp_path / "out").glob("*.json"))) == 3


# -- Signals


def started(
    service: Rollout, folder: Path, *before: str, then: weather.Weather | None = None
) -> subprocess.Popen[bytes]:
    """A run that has one sample and waits for its second answer."""
    service.forecast(None)
    service.climate = then or weather.hang()
    options = ("--concurrency", "1", "--timeout-ms", "60000")
    command = [*HEARING, *before, sys.executable, str(FILE), *given(service, folder, *options)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(service.received) < 2:
        assert running.poll() is None
        os.sched_yield()
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_told_to_end_writes_its_reports(number: signal.Signals, service: Rollout, tmp_path: Path) -> None:
    running = started(service, tmp_path)
    running.send_signal(number)
    assert running.wait() == 3
    assert (report_in(tmp_path)["interrupted"], report_in(tmp_path)["samples"]) == (True, 1)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".md"]


def test_under_nohup_a_run_goes_on_when_its_terminal_ends(service: Rollout, tmp_path: Path) -> None:
    heard = threading.Event()

    def answer_later(connection: weather.Connection) -> None:
        heard.wait()
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    running = started(service, tmp_path, "nohup", then=answer_later)
    running.send_signal(signal.SIGHUP)
    heard.set()
    assert running.wait() == 0
    assert report_in(tmp_path)["samples"] == 2


def test_a_run_whose_caller_gives_up_sends_nothing_more(service: Rollout) -> None:
    """A task that runs out of its time raises in `on_row` or while it waits; the samples must not go on."""
    target = probe.read_target({**probe.AURORA, "base": service.url, "samples": 10_000, "concurrency": 4})
    stop = threading.Event()

    def give_up(row: Any) -> None:
        raise KeyError("out of time")

    with pytest.raises(KeyError):
        probe.run_samples(target, give_up, stop=stop)
    assert stop.is_set()
    assert len(service.received) <= 8


def test_a_system_without_room_for_the_threads_says_so(service: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[threading.Thread] = []
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        sampling = "(work)" in thread.name  # the service starts threads too
        if sampling and len(begun) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)
        if sampling:
            begun.append(thread)

    target = probe.read_target({**probe.AURORA, "base": service.url, "samples": 10_000, "concurrency": 4})
    with monkeypatch.context() as patch:
        patch.setattr(probe.threading.Thread, "start", refuse)
        with pytest.raises(probe.ProbeError, match="--concurrency: "):
            probe.run_samples(target, lambda row: None)
    for thread in begun:
        thread.join()
