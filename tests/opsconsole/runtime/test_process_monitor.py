"""Real child processes; the clock is the test's."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass, field

import pytest

from opsconsole.runtime.process_monitor import FIRST_DELAY, MAX_DELAY, STABLE_AFTER, CannotStartYet, ProcessMonitor
from tests.waiting import until


@dataclass
class Script:
    """A shell script as a program."""

    text: str
    name: str = "script"
    shutdown: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
    refusal: str = ""
    starts: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        if self.refusal:
            raise CannotStartYet(self.refusal)
        child = subprocess.Popen(["/bin/sh", "-c", self.text], stdout=subprocess.PIPE, start_new_session=True)
        self.starts.append(child)
        return child


def monitor_of(script: Script) -> tuple[ProcessMonitor, list[str]]:
    log: list[str] = []
    return ProcessMonitor(script, log.append), log


def die(monitor: ProcessMonitor, script: Script, now: float) -> None:
    script.starts[-1].wait()
    monitor.tick(now)


def test_starts_again_after_ever_longer_pauses() -> None:
    script = Script("exit 3")
    monitor, log = monitor_of(script)
    now, pauses = 0.0, []
    for count in range(1, 11):
        monitor.tick(now)
        assert len(script.starts) == count
        die(monitor, script, now)
        pause = min(MAX_DELAY, FIRST_DELAY * 2 ** (count - 1))
        monitor.tick(now + pause * 0.99)
        assert len(script.starts) == count  # not before its time
        now += pause
        pauses.append(pause)
    assert pauses[-1] == MAX_DELAY
    assert log[0] == "script ended with status 3; next start in 0.1 s"


def test_a_long_run_forgets_earlier_deaths() -> None:
    script = Script("exec sleep 60")
    monitor, log = monitor_of(script)
    now = 0.0
    for ran in (1.0, 1.0, 1.0, STABLE_AFTER + 1):
        monitor.tick(now)
        now += ran
        script.starts[-1].kill()
        die(monitor, script, now)
        now += MAX_DELAY
    assert monitor.failures == 1
    assert log[-1] == "script ended with signal 9; next start in 0.1 s"


def test_a_start_that_must_wait_is_tried_again() -> None:
    script = Script("exec sleep 60", refusal="the last one is still running")
    monitor, log = monitor_of(script)
    monitor.tick(0.0)
    assert log == ["script cannot start yet: the last one is still running"]
    assert monitor.pid is None
    script.refusal = ""
    monitor.tick(FIRST_DELAY)
    assert monitor.pid == script.starts[0].pid
    monitor.end(FIRST_DELAY)
    script.starts[0].wait()


def test_ends_without_starting_again() -> None:
    script = Script("exec sleep 60")
    monitor, log = monitor_of(script)
    monitor.tick(0.0)
    monitor.end(1.0)
    assert not monitor.ended
    assert script.starts[0].wait() == -signal.SIGTERM
    monitor.tick(1.0)
    monitor.tick(100.0)
    assert monitor.ended
    assert len(script.starts) == 1
    assert log == []


@pytest.mark.parametrize("impatient", [False, True])
def test_a_program_that_will_not_end_is_killed_with_all_that_it_started(impatient: bool) -> None:
    script = Script("trap '' TERM; sleep 60 & echo $!; wait; wait")
    monitor, _ = monitor_of(script)
    monitor.tick(0.0)
    stdout = script.starts[0].stdout
    assert stdout is not None
    grandchild = int(stdout.readline())
    monitor.end(1.0)
    monitor.tick(5.9)
    assert script.starts[0].poll() is None  # still within its retry_for
    if impatient:
        monitor.end(5.9)  # pressed again: the retry_for that is left is skipped
    else:
        monitor.tick(6.0)
    assert script.starts[0].wait() == -signal.SIGKILL
    until(lambda: _gone(grandchild), what="the grandchild is gone")


def _gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_program_that_never_ran_ends_at_once() -> None:
    monitor, _ = monitor_of(Script("exit 0"))
    monitor.end(0.0)
    assert monitor.ended


def test_a_program_that_may_finish_is_not_started_again_when_it_ends_well() -> None:
    script = Script("exit 0")
    monitor = ProcessMonitor(script, [].append, may_finish=True)
    monitor.tick(0.0)
    die(monitor, script, 0.0)
    monitor.tick(MAX_DELAY * 10)
    assert (len(script.starts), monitor.pid, monitor.ended) == (1, None, True)


def test_a_program_that_may_finish_is_started_again_when_it_fails() -> None:
    script = Script("exit 1")
    monitor = ProcessMonitor(script, [].append, may_finish=True)
    monitor.tick(0.0)
    die(monitor, script, 0.0)
    monitor.tick(MAX_DELAY)
    assert len(script.starts) == 2
    monitor.end(MAX_DELAY)
