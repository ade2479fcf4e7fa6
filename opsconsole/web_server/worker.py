"""gunicorn's worker class: one thread for all connections, others for requests that have arrived."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

from gunicorn.workers.base import Worker
from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import poll2

from opsconsole.web_server.connections import Connections
from opsconsole.web_server.limits import WebLimits, open_files_for
from opsconsole.web_server.listener import Listener
from opsconsole.web_server.settings import web_limits

SWEEP_SECONDS = 1.0
# How long a stopping process keeps idle connections, for a request that a client may be sending already.
STOP_IDLE_SECONDS = 2.0
_STOP_TURN_SECONDS = 0.2


class ChannelWorker(Worker):
    """A web process. On SIGTERM it finishes the requests that arrive or are answered, within `graceful_timeout`."""

    _listeners: tuple[Listener, ...] = ()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM."""
        super().handle_exit(sig, frame)
        for listener in self._listeners[:1]:
            listener.pull_trigger()

    def run(self) -> None:
        """Serves until a signal, or until gunicorn's main process is gone."""
        limits = web_limits()
        self._polled: dict[int, Any] = {}
        self._connections = Connections(_with_room(limits), self._polled, time.monotonic)
        self._next_sweep = 0.0
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(self.cfg.threads)
        health_dispatcher = ThreadedTaskDispatcher()
        health_dispatcher.set_thread_count(1)
        self._listeners = tuple(
            Listener(self.wsgi, each.sock, self._connections, dispatcher, self._polled, health_dispatcher)
            for each in self.sockets
        )
        while self.alive and self.ppid == os.getppid():
            self._turn(SWEEP_SECONDS)
        self._finish()

    def _turn(self, seconds: float) -> None:
        """Waits for connections, at most `seconds`, and serves them; sweeps when it is due."""
        poll2(seconds, self._polled)
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            self.notify()
            self._connections.sweep(now)

    def _finish(self) -> None:
        self._connections.stopping = True
        for listener in self._listeners:
            listener.stop_accepting()
        now = time.monotonic()
        idle_until, until = now + STOP_IDLE_SECONDS, now + self.cfg.graceful_timeout
        while self._connections.busy(also_idle=now < idle_until) and now < until:
            self._turn(_STOP_TURN_SECONDS)
            now = time.monotonic()
        for channel in self._connections.channels():
            channel.drop()


def _with_room(limits: WebLimits) -> WebLimits:
    """The limits, with no more connections than this process may open files."""
    return replace(limits, connections=open_files_for(limits.connections))
