"""Forks of a small program, whose standard streams are real ones (pytest's own are not)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import opsconsole

PARENT = """
import json, os, signal, sys, time
from opsconsole.runtime.supervisor.fork import ForkTarget, fork

def work():
    {work}

child = fork(ForkTarget(("manage.py", "x"), work, {{"A": "b"}}, signal.SIGKILL), "test")
os.set_blocking(child.output, True)
with open(child.output) as output:
    text = output.read()
while child.poll() is None:
    time.sleep(0.01)
print(json.dumps([child.poll(), text]))
"""


def run(work: str) -> tuple[int, str]:
    """Exit status and output of a fork that does `work`."""
    root = Path(opsconsole.__file__).parents[1]
    code = PARENT.format(work=work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    status, text = json.loads(done.stdout)  # the parent goes on, once, and nothing of the child reached its streams
    assert done.stderr == ""
    return status, text


@pytest.mark.parametrize(
    ("work", "status"),
    [
        ("return None", 0),
        ("return 3", 3),
        ("sys.exit(7)", 7),
        ("sys.exit()", 0),
        ("sys.exit('no')", 1),
        ("raise ValueError", 1),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_the_exit_status_tells_how_it_went(work: str, status: int) -> None:
    assert run(work)[0] == status


def test_a_fault_is_shown() -> None:
    assert "ValueError: a fault in the child" in run("raise ValueError('a fault in the child')")[1]


def test_it_has_its_own_arguments_environment_group_and_quiet_input() -> None:
    work = "print(sys.argv, dict(os.environ), os.getpgrp() == os.getpid(), os.read(0, 1))"
    assert run(work) == (0, "['manage.py', 'x'] {'A': 'b'} True b''\n")


def test_it_carries_its_name() -> None:
    assert run("print(open('/proc/self/comm').read())")[1].strip() == "ops-test"
