"""What fails is run again by itself: what passes then is flaky, what fails twice is red, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import suite
from tests.suite import Run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
# A project whose tests fail in the first run and pass from then on, in each of the ways in which a test can fail.
PROJECT = """
import os, pytest
from pathlib import Path

def at_first(name):
    mark = Path(__file__).with_name(name)
    first = not mark.exists()
    mark.touch()
    return first

@pytest.fixture
def begins():
    assert not at_first("setup")

@pytest.fixture
def ends():
    yield
    assert not at_first("teardown")

def test_steady(): pass
def test_call(): assert not at_first("call")
def test_setup(begins): pass
@pytest.mark.parametrize("text", ["a b:: x[0]"])
def test_teardown(ends, text): pass
def test_process(): at_first("process") and os._exit(3)
def test_skipped(): pytest.skip("not here")
"""


def run(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """The suite of a small project, on two processes as ours, without the plugins that it does not need."""
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -p xdist\n")
    (folder / "test_a.py").write_text(module)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "tests.suite", "--durations-min=0"],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_what_passes_the_second_time_is_named_flaky_and_is_not_red(tmp_path: Path) -> None:
    done = run(tmp_path, PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("FLAKY", "FAILED TWICE", "NOT RUN"))] == [
        "FLAKY test_a.py::test_call",
        "FLAKY test_a.py::test_process",
        "FLAKY test_a.py::test_setup",
        "FLAKY test_a.py::test_teardown[a b:: x[0]]",
    ]
    assert lines[-1].startswith("5 passed, 1 skipped in ")
    assert "slowest 30 durations" in done.stdout


def test_a_file_that_cannot_be_read_is_red_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "import nothing_of_that_name\n")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No module named 'nothing_of_that_name'" in done.stdout
    assert done.stdout.splitlines()[-1] == "NOT RUN test_a.py"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """What the runs of pytest come to, first and second."""
    results: list[Run] = []
    monkeypatch.setattr(suite, "run_pytest", lambda _: results.pop(0))
    monkeypatch.setattr(suite.signal, "signal", lambda *_: None)
    return results


@pytest.mark.parametrize(
    ("second", "status"),
    [
        (Run(0, {"a": "passed", "b": "passed"}, []), 0),
        (Run(1, {"a": "passed", "b": "failed"}, []), 1),
        (Run(0, {"a": "passed", "b": "skipped"}, []), 1),  # skipped is not passed
        (Run(0, {"a": "passed"}, ["b"]), 1),  # the process died before it
        (Run(3, {"a": "passed", "b": "passed"}, []), 1),  # an internal error
        (Run(1, {}, []), 1),
    ],
)
def test_only_what_passes_the_second_time_is_not_red(
    runs: list[Run], capsys: pytest.CaptureFixture[str], second: Run, status: int
) -> None:
    runs += [Run(1, {"a": "failed", "b": "failed", "c": "passed"}, []), second]
    assert suite.main([]) == status
    lines = capsys.readouterr().out.splitlines()
    assert ("FLAKY a" in lines) == (second.outcomes.get("a") == "passed")
    assert ("FLAKY b" in lines) == (second.outcomes.get("b") == "passed")
    assert ("FAILED TWICE b" in lines) == (second.outcomes.get("b") != "passed")
    assert not runs


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (Run(0, {"a": "passed", "b": "skipped"}, []), 0),
        (Run(0, {"a": "passed"}, ["b"]), 1),  # collected, never reported
        (Run(1, {"a": "failed"}, ["b"]), 1),
        (Run(1, {"a": "passed"}, []), 1),  # red for another reason than a test
        (Run(2, {"a": "failed"}, []), 2),  # interrupted
        (Run(3, {"a": "failed"}, []), 3),  # an internal error
        (Run(5, {}, []), 5),  # no tests
        (Run(-9, {}, []), -9),  # killed
        (Run(1, {str(n): "failed" for n in range(suite.MAX_RERUN + 1)}, []), 1),
    ],
)
def test_what_is_green_or_broken_or_too_much_is_not_run_again(runs: list[Run], first: Run, status: int) -> None:
    runs.append(first)
    assert suite.main([]) == status


def test_the_recorder_can_be_a_plugin() -> None:
    """pytest puts plugins into sets when a run concerns some folders only, as the second run does."""
    recorder = suite.Recorder(Path("outcomes.json"))
    assert {recorder} == {recorder}


def test_the_closing_line_counts_a_flaky_test_as_passed() -> None:
    first = Run(1, {"a": "failed", "b": "failed", "c": "passed", "d": "skipped"}, [])
    assert suite.closing_line(first, 1, 61.5) == "1 failed, 2 passed, 1 skipped in 61.50s"
    assert suite.closing_line(first, 2, 61.5) == "3 passed, 1 skipped in 61.50s"
