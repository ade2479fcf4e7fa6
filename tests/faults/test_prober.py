"""A prober that is killed or stopped in a run: the run says so, its samples stay, and the next one is done."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.conf import settings

from detections.probes import prober, schedule
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.start import start_slot
from opsconsole.lib import clock
from tests.detections.probes.rows import stored_target
from tests.faults.processes import ConsoleProcess, eventually
from tests.receivers import weather
from tests.receivers.rollout import Rollout

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
State = ProbeRun.State


class ProberProcess(ConsoleProcess):
    """`manage.py probes`, which may reach this machine, without Redis."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # and does not listen
            named = {"OPSCONSOLE_OUTBOUND_ALLOW": "127.0.0.0/8", "SECRET_KEY": settings.SECRET_KEY}
            super().__init__(
                log, "manage", "probes", REDIS_URL=f"redis://127.0.0.1:{closed.getsockname()[1]}/0", **named
            )

    def end(self) -> None:
        """Killed, unless it has ended."""
        assert isinstance(self.process, Popen)
        if self.process.poll() is None:
            self.kill()

    def stop(self) -> int:
        """SIGTERM; the exit status. It has the time that the supervisor gives it."""
        assert isinstance(self.process, Popen)
        self.process.terminate()
        return self.process.wait(15)


@pytest.fixture
def service() -> Iterator[Rollout]:
    """It answers twice, and then not."""
    with Rollout() as started:
        started.forecast(None, None)
        started.climate = weather.hang()
        yield started


@pytest.fixture
def target(service: Rollout) -> ProbeTarget:
    hangs: dict[str, Any] = {"samples": 4, "concurrency": 1, "timeout_ms": 60_000}
    return stored_target(base=service.url, allow=["127.0.0.1"], interval_minutes=1, **hangs)


@pytest.fixture
def running(target: ProbeTarget, tmp_path: Path) -> Iterator[ProberProcess]:
    """In the midst of a run, of which two samples are stored."""
    assert start_slot(target, clock.now())
    process = ProberProcess(tmp_path / "prober.log")
    try:
        eventually(lambda: target.runs.get().taken == 2, "two samples are stored")
        yield process
    finally:
        process.end()


def the_next_run_is_done(target: ProbeTarget, service: Rollout, tmp_path: Path) -> ProbeRun:
    service.climate = None
    assert start_slot(target, clock.now() + timedelta(minutes=1))
    process = ProberProcess(tmp_path / "next.log")
    try:
        eventually(lambda: target.runs.filter(state=State.DONE).exists(), "the next run is done")
    finally:
        process.kill()
    return target.runs.get(state=State.DONE)


def test_killed_in_the_midst_of_a_run(
    running: ProberProcess, target: ProbeTarget, service: Rollout, tmp_path: Path
) -> None:
    running.kill()
    assert target.runs.get().state == State.RUNNING
    assert schedule.interrupt_lost(clock.now()) == 0  # for a minute it may be that it only is slow
    assert schedule.interrupt_lost(clock.now() + timedelta(minutes=2)) == 1
    killed = target.runs.get()
    assert (killed.state, killed.problem) == (State.INTERRUPTED, schedule.LOST)
    done = the_next_run_is_done(target, service, tmp_path)
    assert (done.taken, done.severity) == (4, "")
    assert set(killed.samples.values_list("number", flat=True)) == {1, 2}
    assert not killed.checks.exists()


def test_stopped_in_the_midst_of_a_run(
    running: ProberProcess, target: ProbeTarget, service: Rollout, tmp_path: Path
) -> None:
    assert running.stop() == 0
    stopped = target.runs.get()
    assert (stopped.state, stopped.problem, stopped.samples.count()) == (State.INTERRUPTED, prober.STOPPED, 2)
    assert the_next_run_is_done(target, service, tmp_path).taken == 4


def test_a_prober_ends_the_runs_that_another_left_behind(
    running: ProberProcess, target: ProbeTarget, tmp_path: Path
) -> None:
    running.kill()
    ProbeRun.objects.update(heartbeat_at=clock.now() - timedelta(minutes=2))
    another = ProberProcess(tmp_path / "another.log")
    try:
        eventually(lambda: target.runs.get().state == State.INTERRUPTED, "the run is marked")
    finally:
        another.kill()
