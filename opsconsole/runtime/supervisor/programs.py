"""What the console runs: command lines as anybody would type them, run in forks (no ORM)."""

from __future__ import annotations

import signal
import socket
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from opsconsole.env import read
from opsconsole.runtime.supervisor.fork import Fork, ForkTarget, fork
from opsconsole.runtime.supervisor.options import Options
from opsconsole.runtime.supervisor.output import Output

_TERM, _QUIT, _KILL = signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL


@dataclass(frozen=True)
class ForkProgram:
    """A program that the supervisor keeps running as a fork of itself."""

    name: str
    entry: ForkTarget
    shutdown: tuple[tuple[signal.Signals, float], ...]
    output: Output
    listener: socket.socket
    serves: bool = False

    def start(self) -> Fork:
        closed = list(self.output.descriptors)
        if not self.serves:
            closed.append(self.listener.fileno())
        child = fork(self.entry, self.name, closed, keep=self.listener if self.serves else None)
        self.output.add(child.output, self.name)
        return child


def console_programs(options: Options, listener: socket.socket, output: Output) -> list[ForkProgram]:
    """Web, worker and beat, in the order in which they start; they end in reverse."""

    def program(
        name: str, argv: str, run: Callable[[], object], patience: float, on_parent_death: signal.Signals
    ) -> ForkProgram:
        entry = ForkTarget(tuple(argv.split()), run, options.environ, on_parent_death)
        # Asked to end, it finishes what it has begun; pressed, it drops that; then by force.
        shutdown = ((_TERM, patience), (_QUIT, 3.0), (_KILL, 5.0))
        return ForkProgram(name, entry, shutdown, output, listener, serves=name == "web")

    concurrency = read("OPSCONSOLE_WORKER_PROCESSES", options.environ)
    # One process works off its own tasks; a second one to watch it would cost 35 MB.
    pool = "solo" if concurrency == 1 else "prefork"
    level = read("OPSCONSOLE_LOG_LEVEL", options.environ)
    worker = (
        f"celery --quiet -A opsconsole worker --pool {pool} --concurrency {concurrency} --loglevel {level}"
        f" --hostname worker-{options.port}@%h"
        # One worker has no neighbours to talk to; more of them on other machines find their work in the broker.
        " --without-gossip --without-mingle --without-heartbeat"
    )
    # This scheduler keeps its times in memory: what is due stands in rows, and no file appears anywhere.
    beat = f"celery --quiet -A opsconsole beat --scheduler opsconsole.beat:BoundedScheduler --loglevel {level}"
    web = f"gunicorn --config python:opsconsole.gunicorn_conf --bind fd://{listener.fileno()} opsconsole.wsgi"
    return [
        # Without its parent each drops its work at once: nothing is lost by that, and the next console may start.
        program("web", web, run_gunicorn, 10.0, _QUIT),
        program("worker", worker, run_celery, 20.0, _QUIT),
        program("beat", beat, run_celery, 5.0, _KILL),
    ]


def demo_program(options: Options, listener: socket.socket, output: Output) -> ForkProgram:
    """The made-up traffic."""
    entry = ForkTarget(("manage.py", "demo"), run_manage, options.environ, _KILL)
    return ForkProgram("demo", entry, ((_TERM, 5.0), (_KILL, 5.0)), output, listener)


def run_gunicorn() -> object:
    from gunicorn.app import wsgiapp

    return wsgiapp.run()


def run_celery() -> object:
    from celery.__main__ import main
    from celery.exceptions import SecurityWarning

    # About root and pickled messages; ours are JSON, and in a container root is often all there is.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    return main()


def run_manage() -> None:
    from opsconsole.commandline import execute

    execute(sys.argv)
