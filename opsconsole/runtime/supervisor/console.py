"""The running console: prepare, start, announce, supervise, shut down."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

from opsconsole.env.variables import WILDCARDS, read
from opsconsole.runtime.embedded import Lease, ServicesError
from opsconsole.runtime.process_monitor import ProcessMonitor
from opsconsole.runtime.supervisor import runfile
from opsconsole.runtime.supervisor.errors import CannotStart
from opsconsole.runtime.supervisor.fork import ForkTarget, fork
from opsconsole.runtime.supervisor.hide_password import forget_password
from opsconsole.runtime.supervisor.options import Options
from opsconsole.runtime.supervisor.output import Output
from opsconsole.runtime.supervisor.programs import console_programs, demo_program, run_manage
from opsconsole.runtime.supervisor.readiness import is_ready
from opsconsole.runtime.supervisor.stop_signals import StopSignals

TICK = 0.5  # seconds; exits of children and signals wake the loop immediately
STARTING_TICK = 0.1  # seconds between requests to web while it starts
MAX_WEB_FAILURES = 4  # exits of web before its first answer; then the console gives up


class Console:
    """One console from start to end. The caller owns the locks, the socket and the lease on the servers."""

    def __init__(
        self, options: Options, listener: socket.socket, lease: Lease | None, output: Output, stop_signals: StopSignals
    ) -> None:
        self.options = options
        self.listener = listener
        self.lease = lease
        self.output = output
        self.stop_signals = stop_signals
        self.monitors = [ProcessMonitor(p, output.log) for p in console_programs(options, listener, output)]
        self._next_lease_check = 0.0
        self._pids_in_runfile: dict[str, int] = {}

    def run(self) -> int:
        """Run until a stop signal. Returns the exit status. Raises CannotStart."""
        try:
            greeting = self._prepare()
            if greeting is not None and self._start():
                self._announce(greeting)
                self._supervise()
        finally:
            self._shut_down()
        return 0

    def _prepare(self) -> dict[str, str] | None:
        """Run `manage.py prepare` in a fork, which frees its memory afterwards. Returns login and DSN.

        Returns None after a stop signal. Raises CannotStart when the command fails.
        """
        reader, writer = os.pipe()
        target = ForkTarget(
            ("manage.py", "prepare", "--report", str(writer)), run_manage, dict(self.options.environ), signal.SIGKILL
        )
        child = fork(target, "setup", [*self.output.descriptors, self.listener.fileno(), reader])
        forget_password(self.options.environ)
        os.close(writer)
        self.output.add(child.output, "setup")
        while child.poll() is None:
            self.output.pump(TICK)
            if self.stop_signals:
                os.kill(child.pid, signal.SIGTERM)
        with open(reader, "rb") as report:
            found = report.read()
        self._drain()
        if self.stop_signals:
            return None
        if child.poll() != 0 or not found:
            raise CannotStart("The database could not be prepared; the lines above say why. Nothing else was started.")
        return {name: text for name, text in json.loads(found).items() if text}

    def _start(self) -> bool:
        """Start the programs. Returns True once web answers, False after a stop signal."""
        web = self.monitors[0]
        while not self.stop_signals:
            self._tick(STARTING_TICK)
            if web.failures >= MAX_WEB_FAILURES:
                raise CannotStart("The web process does not start; the lines above say why.")
            if web.pid and is_ready(self.options):
                return True
        return False

    def _announce(self, greeting: dict[str, str]) -> None:
        self.output.log(f"opsconsole is ready at {self.options.url}")
        self.output.log(f"  login: {greeting['login']}")
        if "dsn" in greeting:
            self.output.log(f"  DSN of project raptor: {greeting['dsn']}")
            self.output.log(
                "  next: log in, sign what the checklist of raptor/prod asks for, and point an application's"
            )
            self.output.log(
                '  sentry_sdk.init(dsn=..., environment="production") at the DSN. Commands: bin/manage help.'
            )
        if self.options.host in WILDCARDS and not read("OPSCONSOLE_PUBLIC_URL", self.options.environ):
            self.output.log("  It listens on every address. Set OPSCONSOLE_PUBLIC_URL to the one that others reach it")
            self.output.log("  by (http://its-name:port): it stands in DSNs and in links.")
        self.output.log("  Ctrl-C stops it.")
        if self.options.demo:
            program = demo_program(self.options, self.listener, self.output)
            self.monitors.append(
                ProcessMonitor(program, self.output.log, may_finish=True)
            )  # the demo ends when it is removed

    def _supervise(self) -> None:
        while not self.stop_signals:
            self._tick(TICK)

    def _tick(self, pause: float) -> None:
        now = time.monotonic()
        for monitor in self.monitors:
            monitor.tick(now)
        if now >= self._next_lease_check:
            self._next_lease_check = now + 1.0
            self._ensure_servers()
        pids = {monitor.program.name: monitor.pid for monitor in self.monitors if monitor.pid}
        if pids != self._pids_in_runfile:
            runfile.write(self.options, pids)
            self._pids_in_runfile = pids
        self.output.pump(pause)

    def _ensure_servers(self) -> None:
        """Start another guardian if it has died. The guardian itself restarts the servers."""
        if self.lease is None or self.lease.guarded():
            return
        self.output.log("the guardian of PostgreSQL and Redis has died: starting another")
        try:
            self.lease.ensure()
        except ServicesError as error:
            self.output.log(str(error))

    def _shut_down(self) -> None:
        """Shut the programs down one by one, last started first. Another Ctrl-C sends the next signal."""
        for monitor in reversed(self.monitors):
            handled = 0
            monitor.end(time.monotonic())
            while not monitor.ended:
                self.output.pump(TICK)
                monitor.tick(time.monotonic())
                if self.stop_signals.count > handled + 1:
                    handled += 1
                    monitor.end(time.monotonic())
        self._drain()
        runfile.remove(self.options.data)

    def _drain(self) -> None:
        """Print the last lines of children that have ended."""
        while self.output.pump(0):
            pass
