"""Measures ingest on this machine: `python bench/ingest.py [--quick]`.

Starts a console of its own (supervisor, web, worker, beat; the embedded services unless DATABASE_URL and REDIS_URL
are set) in a temporary directory, sends it envelopes of the real SDK over loopback, and prints a table. For each
size: accept while the worker is stopped and the backlog waits, then digest the backlog; then 25 events a second.
Bounded: some 21,000 envelopes and three minutes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load import Load, Outcome, run  # noqa: E402

SIZES = (3_000, 10_000)  # bytes, gzipped
SUSTAINED = 25.0  # events a second


@dataclass
class Console:
    """The running console's processes."""

    port: int
    main: psutil.Process

    @property
    def programs(self) -> list[psutil.Process]:
        """Web, worker, sender, prober, beat: the supervisor starts them in this order."""
        own = (child for child in self.main.children() if not _is_guardian(child))
        return sorted(own, key=lambda child: child.pid)

    def processes(self) -> list[psutil.Process]:
        """All of the console's own; PostgreSQL and Redis, which the guardian runs, are apart."""
        return [self.main, *self.guardian, *(p for top in self.programs for p in (top, *top.children(recursive=True)))]

    @property
    def guardian(self) -> list[psutil.Process]:
        return [child for child in self.main.children() if _is_guardian(child)]

    def worker(self) -> list[psutil.Process]:
        top = self.programs[1]
        return [top, *top.children(recursive=True)]

    def cpu(self) -> float:
        return float(sum(p.cpu_times().user + p.cpu_times().system for p in self.processes()))

    def memory(self) -> dict[str, float]:
        """Megabytes (PSS: shared pages divided among those who share them) by program."""
        tops = zip(("web", "worker", "sender", "prober", "beat"), self.programs, strict=True)
        groups = {name: [top, *top.children(recursive=True)] for name, top in tops} | {
            "supervisor": [self.main],
            "guardian": self.guardian,
        }
        return {name: sum(p.memory_full_info().pss for p in group) / 1e6 for name, group in groups.items()}


def _is_guardian(process: psutil.Process) -> bool:
    return "guardian" in " ".join(process.cmdline())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the envelopes")
    count = 2_000 if parser.parse_args().quick else 10_000
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as data, console(data) as running:
        project, key = _project()
        for size in SIZES:
            rows += _accept_and_digest(running, Load(running.port, project, key, size, count))
        rows += _sustained(running, Load(running.port, project, key, SIZES[0], int(SUSTAINED * 20), rate=SUSTAINED))
        rows += _memory(running)
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows))


@contextmanager
def console(data: str) -> Iterator[Console]:
    """A console on a free port, up and answering; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(OPSCONSOLE_DATA=data, OPSCONSOLE_PORT=str(port), DJANGO_SETTINGS_MODULE="opsconsole.settings")
    command = [sys.executable, "-m", "opsconsole.runtime.supervisor", "--port", str(port), "--data", data]
    with open(Path(data) / "bench.log", "w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(port, process)
        yield Console(port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the console did not start; see bench.log")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except OSError:
            time.sleep(0.2)
        else:
            time.sleep(3)  # worker and beat start after web
            return
    raise SystemExit("the console does not answer")


def _project() -> tuple[int, str]:
    import django

    django.setup()
    from detections.telemetry.connect import usable_key

    key = usable_key("bench")
    return key.project_id, key.public_key


def _accept_and_digest(running: Console, load: Load) -> Iterator[tuple[str, str]]:
    from detections.ingest.models import Inbox

    name = f"{load.size // 1000} KB"
    stopped = running.worker()
    for process in stopped:
        process.suspend()
    try:
        before = running.cpu()
        outcome = _loaded(load)
        accept_cpu = running.cpu() - before
        waiting = Inbox.objects.count()
    finally:
        for process in stopped:
            process.resume()
    yield f"accept {name} gzip (mean {outcome.mean_size} B)", _told(load, outcome)
    yield f"accept {name}: CPU an event", f"{accept_cpu / load.count * 1000:.2f} ms"
    yield from _digest(running, name, waiting)


def _digest(running: Console, name: str, waiting: int) -> Iterator[tuple[str, str]]:
    from detections.ingest.models import Inbox

    before, start = running.cpu(), time.perf_counter()
    while Inbox.objects.exists():
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    yield f"digest {name}: backlog of {waiting}", f"{waiting / seconds:.0f}/s"
    yield f"digest {name}: CPU an event", f"{(running.cpu() - before) / max(waiting, 1) * 1000:.2f} ms"


def _sustained(running: Console, load: Load) -> Iterator[tuple[str, str]]:
    from detections.ingest.models import Inbox

    before = running.cpu()
    outcome = _loaded(load)
    busy = (running.cpu() - before) / outcome.seconds
    yield f"{SUSTAINED:.0f} events/s for {outcome.seconds:.0f} s", _told(load, outcome)
    yield f"{SUSTAINED:.0f} events/s: waiting at the end; one core busy", f"{Inbox.objects.count()}; {busy:.0%}"


def _memory(running: Console) -> Iterator[tuple[str, str]]:
    by_program = running.memory()
    shares = ", ".join(f"{name} {size:.0f}" for name, size in by_program.items())
    yield "memory of all console processes (PSS)", f"{sum(by_program.values()):.0f} MB ({shares})"


def _loaded(load: Load) -> Outcome:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(load, theirs))
    process.start()
    ours.recv()
    ours.send("go")
    outcome: Outcome = ours.recv()
    process.join()
    return outcome


def _told(load: Load, outcome: Outcome) -> str:
    ordered = sorted(outcome.latencies)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    refused = f", {outcome.refused} refused" if outcome.refused else ""
    return f"{load.count / outcome.seconds:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms{refused}"


if __name__ == "__main__":
    main()
