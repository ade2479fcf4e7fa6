"""Runs the suite and runs failed tests once more; those that pass then are reported as flaky.

    python -m tests.suite [pytest arguments]

The module is also a pytest plugin that records the outcome of every test in each of the two runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

# One more than there are processors: tests wait for browsers and other processes. Each has one of Redis' 16 databases.
WORKERS = min((os.cpu_count() or 1) + 1, 15)
# The tests of a file share fixtures, so they run in one process; the hook in conftest.py orders the files.
PARALLEL = ("-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
SLOWEST = ("--durations", "30")
# More failures than this have one cause that is not chance, so they are not run again.
MAX_RERUN = 50
OUTCOMES_FILE = "OPSCONSOLE_TEST_OUTCOMES"
FAILED, PASSED, SKIPPED = "failed", "passed", "skipped"


@dataclass(frozen=True)
class Run:
    """One run of pytest: its exit status and the outcome by node id. `lost`: collected or not importable, never run."""

    status: int
    outcomes: dict[str, str]
    lost: list[str]

    def with_outcome(self, outcome: str) -> list[str]:
        """Node ids, sorted."""
        return sorted(name for name, each in self.outcomes.items() if each == outcome)

    @property
    def complete(self) -> bool:
        """Whether it went through to its end: 0 and 1 say so, and every test that was collected was reported."""
        return self.status in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} and not self.lost


def main(arguments: Sequence[str]) -> int:
    """Run the suite and what failed again. The exit status is 0 when every test passed in one of the two runs."""
    began = time.monotonic()
    # pytest gets Ctrl-C itself. Not SIG_IGN, which pytest would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    in_ci = os.environ.get("CI") == "true"
    first = run_pytest([*PARALLEL, *(SLOWEST if in_ci else ()), *arguments])
    for name in first.lost:
        print(f"NOT RUN {name}")
    failed = first.with_outcome(FAILED)
    if not first.complete or not failed:
        return first.status or int(bool(first.lost))
    if len(failed) > MAX_RERUN:
        print(f"{len(failed)} tests failed, more than {MAX_RERUN}: not run again")
        return 1
    print(f"\nrunning failed tests again: {len(failed)}")
    second = run_again(failed, arguments)
    flaky = [name for name in failed if second.outcomes.get(name) == PASSED]
    for name in flaky:
        print(f"FLAKY {name}")
    for name in sorted({*failed} - {*flaky}):
        print(f"FAILED TWICE {name}")
    print(closing_line(first, len(flaky), time.monotonic() - began))
    return 0 if len(flaky) == len(failed) and second.complete else 1


def run_again(names: Sequence[str], arguments: Sequence[str]) -> Run:
    """Run tests by node id in one process, in file order. `--last-failed` would add failures of earlier sessions."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(names))
        file.flush()
        # A second -q, after that of pyproject.toml, hides pytest's summary line: `closing_line` is for both runs.
        return run_pytest(["-p", "no:xdist", "-p", "no:randomly", "-q", *arguments, f"@{file.name}"])


def run_pytest(arguments: Sequence[str]) -> Run:
    """Run pytest in a separate process. The result has no tests if pytest crashed."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder) / "outcomes.json"
        command = [sys.executable, "-m", "pytest", "-p", "tests.suite", *arguments]
        with subprocess.Popen(command, env={**os.environ, OUTCOMES_FILE: str(outcomes)}) as child:
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            status = child.wait()
        if not outcomes.exists():
            return Run(status or 1, {}, [])
        recorded = json.loads(outcomes.read_text())
        return Run(status, recorded["outcomes"], recorded["lost"])


def closing_line(first: Run, flaky: int, seconds: float) -> str:
    """A summary line like pytest's for both runs; flaky tests count as passed."""
    count = Counter(first.outcomes.values())
    count[FAILED] -= flaky
    count[PASSED] += flaky
    parts = [f"{count[name]} {name}" for name in (FAILED, PASSED, SKIPPED) if count[name]]
    return f"{', '.join(parts)} in {seconds:.2f}s"


@dataclass(eq=False)  # pytest puts its plugins into sets
class Recorder:
    """A plugin for the controlling process: records outcomes and collected tests."""

    file: Path
    outcomes: dict[str, str] = field(default_factory=dict)
    collected: set[str] = field(default_factory=set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self.collected.update(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a file that cannot be imported, whose tests are unknown."""
        if report.failed:
            self.collected.add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure in setup, call or teardown, or a crash of the worker, counts as failed."""
        if report.failed:
            self.outcomes[report.nodeid] = FAILED
        elif report.skipped or report.when == "call":
            self.outcomes.setdefault(report.nodeid, report.outcome)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        lost = sorted(self.collected - self.outcomes.keys()) if not session.config.option.collectonly else []
        self.file.write_text(json.dumps({"outcomes": self.outcomes, "lost": lost}))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and OUTCOMES_FILE in os.environ:
        # Removed from the environment: a test that runs pytest must not write to this file.
        config.pluginmanager.register(Recorder(Path(os.environ.pop(OUTCOMES_FILE))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
