"""The programs of the console as ordinary command lines, run in forks (no ORM)."""

from __future__ import annotations

import signal
import socket
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from opsconsole.env.variables import read
from opsconsole.runtime.supervisor.fork import Fork, ForkTarget, fork
from opsconsole.runtime.supervisor.options import Options
from opsconsole.runtime.supervisor.output import Output

_TERM, _QUIT, _KILL = signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL


@dataclass(frozen=True)
class ForkProgram:
    """A program that the supervisor keeps running as a fork. `serves`: it gets the listening socket."""

    name: str
    target: ForkTarget
    shutdown: tuple[tuple[signal.Signals, float], ...]
    output: Output
    listener: socket.socket
    serves: bool = False

    def start(self) -> Fork:
        close = list(self.output.descriptors)
        if not self.serves:
            close.append(self.listener.fileno())
        child = fork(self.target, self.name, close, keep=self.listener if self.serves else None)
        self.output.add(child.output, self.name)
        return child


def console_programs(options: Options, listener: socket.socket, output: Output) -> list[ForkProgram]:
    """Web, worker, sender, prober and beat in the order in which they start; they are shut down in reverse."""

    def program(
        name: str, argv: str, run: Callable[[], object], seconds: float, on_parent_death: signal.Signals
    ) -> ForkProgram:
        target = ForkTarget(tuple(argv.split()), run, options.environ, on_parent_death)
        # SIGTERM: it finishes its requests or task; SIGQUIT: it drops them; then SIGKILL.
        shutdown = ((_TERM, seconds), (_QUIT, 3.0), (_KILL, 5.0))
        return ForkProgram(name, target, shutdown, output, listener, serves=name == "web")

    level = read("OPSCONSOLE_LOG_LEVEL", options.environ)
    # The scheduler keeps its times in memory: due work is in rows, so it needs no schedule file.
    beat = f"celery --quiet -A opsconsole beat --scheduler opsconsole.beat:BoundedScheduler --loglevel {level}"
    web = f"gunicorn --config python:opsconsole.gunicorn_conf --bind fd://{listener.fileno()} opsconsole.wsgi"
    return [
        # If the supervisor dies, each drops its work: none is lost, and the next console can start immediately.
        program("web", web, run_gunicorn, 10.0, _QUIT),
        program("worker", _worker(options, level), run_celery, 20.0, _QUIT),
        # It waits for the answers of receivers, at most sender.GRACE.
        program("sender", "manage.py deliver", run_manage, 15.0, _KILL),
        # It writes down what its runs took, at most prober.GRACE.
        program("prober", "manage.py probes", run_manage, 15.0, _KILL),
        program("beat", beat, run_celery, 5.0, _KILL),
    ]


def _worker(options: Options, level: str) -> str:
    """The command line of the worker."""
    concurrency = read("OPSCONSOLE_WORKER_PROCESSES", options.environ)
    # A solo worker runs tasks in its own process; prefork takes 35 MB more for the parent.
    pool = "solo" if concurrency == 1 else "prefork"
    return (
        f"celery --quiet -A opsconsole worker --pool {pool} --concurrency {concurrency} --loglevel {level}"
        f" --hostname worker-{options.port}@%h"
        # Workers need not know of each other: they share work by the broker.
        " --without-gossip --without-mingle --without-heartbeat"
    )


def demo_program(options: Options, listener: socket.socket, output: Output) -> ForkProgram:
    """The demo's traffic."""
    target = ForkTarget(("manage.py", "demo"), run_manage, options.environ, _KILL)
    return ForkProgram("demo", target, ((_TERM, 5.0), (_KILL, 5.0)), output, listener)


def run_gunicorn() -> object:
    from gunicorn.app import wsgiapp

    return wsgiapp.run()


def run_celery() -> object:
    from celery.__main__ import main
    from celery.exceptions import SecurityWarning

    # It warns of root and pickled messages. Messages are JSON, and many containers have no other user.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    return main()


def run_manage() -> None:
    from opsconsole.commandline import execute

    execute(sys.argv)
