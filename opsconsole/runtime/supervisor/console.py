"""The running console: prepare, start, announce, watch, end."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

from opsconsole.env import WILDCARDS, read
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
from opsconsole.runtime.supervisor.stop_signals import Stopping

TICK = 0.5  # seconds; deaths and signals wake the loop at once
STARTING = 0.1  # seconds between questions whether web answers
WEB_TRIES = 4  # deaths of web before its first answer after which the console gives up: it will not get better


class Console:
    """One console from start to end. The caller holds the locks, the socket and the services."""

    def __init__(
        self, options: Options, listener: socket.socket, services: Lease | None, output: Output, stopping: Stopping
    ) -> None:
        self.options = options
        self.listener = listener
        self.services = services
        self.output = output
        self.stopping = stopping
        self.monitors = [ProcessMonitor(p, output.say) for p in console_programs(options, listener, output)]
        self._next_look = 0.0
        self._written: dict[str, int] = {}

    def run(self) -> int:
        """Run until told to stop; the exit status. Raises CannotStart."""
        try:
            greeting = self._prepare()
            if greeting is not None and self._start():
                self._announce(greeting)
                self._watch()
        finally:
            self._end()
        return 0

    def _prepare(self) -> dict[str, str] | None:
        """Run `manage.py prepare` in a fork, whose memory goes back afterwards; returns login and DSN.

        None when told to stop meanwhile. Raises CannotStart when it fails.
        """
        reader, writer = os.pipe()
        entry = ForkTarget(
            ("manage.py", "prepare", "--report", str(writer)), run_manage, dict(self.options.environ), signal.SIGKILL
        )
        child = fork(entry, "setup", [*self.output.descriptors, self.listener.fileno(), reader])
        forget_password(self.options.environ)
        os.close(writer)
        self.output.add(child.output, "setup")
        while child.poll() is None:
            self.output.pump(TICK)
            if self.stopping:
                os.kill(child.pid, signal.SIGTERM)
        with open(reader, "rb") as report:
            found = report.read()
        self._drain()
        if self.stopping:
            return None
        if child.poll() != 0 or not found:
            raise CannotStart("The database could not be prepared; the lines above say why. Nothing else was started.")
        return {name: text for name, text in json.loads(found).items() if text}

    def _start(self) -> bool:
        """Start the programs; True once web answers, False when told to stop before."""
        web = self.monitors[0]
        while not self.stopping:
            self._tick(STARTING)
            if web.failures >= WEB_TRIES:
                raise CannotStart("The web process does not start; the lines above say why.")
            if web.pid and is_ready(self.options):
                return True
        return False

    def _announce(self, greeting: dict[str, str]) -> None:
        self.output.say(f"opsconsole is ready at {self.options.url}")
        self.output.say(f"  login: {greeting['login']}")
        if "dsn" in greeting:
            self.output.say(f"  DSN of project raptor: {greeting['dsn']}")
            self.output.say(
                "  next: log in, sign what the checklist of raptor/prod asks for, and point an application's"
            )
            self.output.say(
                '  sentry_sdk.init(dsn=..., environment="production") at the DSN. Commands: bin/manage help.'
            )
        if self.options.host in WILDCARDS and not read("OPSCONSOLE_PUBLIC_URL", self.options.environ):
            self.output.say("  It listens on every address. Set OPSCONSOLE_PUBLIC_URL to the one that others reach it")
            self.output.say("  by (http://its-name:port): it stands in DSNs and in links.")
        self.output.say("  Ctrl-C stops it.")
        if self.options.demo:
            program = demo_program(self.options, self.listener, self.output)
            self.monitors.append(
                ProcessMonitor(program, self.output.say, may_finish=True)
            )  # it ends when the demo is removed

    def _watch(self) -> None:
        while not self.stopping:
            self._tick(TICK)

    def _tick(self, pause: float) -> None:
        now = time.monotonic()
        for monitor in self.monitors:
            monitor.tick(now)
        if now >= self._next_look:
            self._next_look = now + 1.0
            self._look_after_services()
        pids = {monitor.program.name: monitor.pid for monitor in self.monitors if monitor.pid}
        if pids != self._written:
            runfile.write(self.options, pids)
            self._written = pids
        self.output.pump(pause)

    def _look_after_services(self) -> None:
        """The guardian mends the servers; who mends the guardian is whoever holds, and that is always us."""
        if self.services is None or self.services.guarded():
            return
        self.output.say("the guardian of PostgreSQL and Redis is gone: starting another")
        try:
            self.services.ensure()
        except ServicesError as error:
            self.output.say(str(error))

    def _end(self) -> None:
        """End the programs one by one, last started first. Another Ctrl-C presses harder."""
        for monitor in reversed(self.monitors):
            presses = 0
            monitor.end(time.monotonic())
            while not monitor.ended:
                self.output.pump(TICK)
                monitor.tick(time.monotonic())
                if self.stopping.presses > presses + 1:
                    presses += 1
                    monitor.end(time.monotonic())
        self._drain()
        runfile.remove(self.options.data)

    def _drain(self) -> None:
        """Pass on the last lines of children that have ended."""
        while self.output.pump(0):
            pass
