"""A run under way: threads of the probe take its samples, the prober's own thread writes them.

At most twice BACKLOG rows are in memory: where the database is slower than the service, the samples wait.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

from detections.probes.claims import add_samples
from detections.probes.models import ProbeRun
from detections.probes.program import probe
from detections.probes.storable import made_storable

BATCH = 50  # rows that are written without waiting for more
BACKLOG = 500
WRITE = 1.0  # seconds after which fewer rows are written
HEARTBEAT = 5.0  # seconds after which a run without rows says that it lives

Row = dict[str, Any]
Take = Callable[[Callable[[Row], None], Event], float | None]


class RunUnderWork:
    """The samples of one run, from its first to its last. `take` is called in a thread with what gets each row and the
    event that stops it; it returns when the certificate ends. `news` is set where there is something to write.
    """

    def __init__(self, run: ProbeRun, definition: Any, take: Take, news: Event) -> None:
        assert run.claim
        assert run.started_at
        self.run, self.definition = run, definition
        self.claim: UUID = run.claim
        self.until: datetime = run.started_at + timedelta(minutes=run.target.interval_minutes)
        self.counters = probe.Counters(definition.split.variants if definition.split else ())
        self.error: BaseException | None = None
        self.cut = ""  # why it was stopped
        self.lost = False
        self._stop, self._news = Event(), news
        self._rows: queue.Queue[Row] = queue.Queue(BACKLOG)
        self._pending: list[Row] = []
        self._wrote = time.monotonic()
        self._thread = Thread(target=self._run, args=(take,), daemon=True, name=f"probe-run-{run.pk}")
        self._thread.start()

    @property
    def over(self) -> bool:
        """No further row comes."""
        return not self._thread.is_alive()

    def stop(self, why: str) -> None:
        """Take no further sample."""
        self.cut = self.cut or why
        self._stop.set()

    def write(self, now: datetime) -> None:
        """Stores what there is, if it is time to. Where the run is no longer this process' own, it stops and is `lost`.
        Where the database fails, the rows are kept for the next call."""
        over = self.over  # asked before the rows are fetched, so that none comes later
        self._fetch()
        idle = time.monotonic() - self._wrote
        due = over or len(self._pending) >= BATCH or idle >= (WRITE if self._pending else HEARTBEAT)
        if not due or self.lost:
            return
        if not add_samples(self.run, self.claim, self._pending, self.counters.samples, now):
            self.lost = True
            self.stop("lost")
        self._pending.clear()
        self._wrote = time.monotonic()

    def _fetch(self) -> None:
        with suppress(queue.Empty):
            while len(self._pending) < BACKLOG:
                row = self._rows.get_nowait()
                self._pending.append(row)
                self.counters.add(row)

    @property
    def written(self) -> bool:
        """Nothing is left to write."""
        return self.over and not self._pending and self._rows.empty()

    def _run(self, take: Take) -> None:
        try:
            self.counters.certificate_ends = take(self._keep, self._stop)
        except BaseException as error:
            self.error = error
        finally:
            self._news.set()

    def _keep(self, row: Row) -> None:
        """In a thread of the probe. It waits while too many rows wait to be written."""
        row = made_storable(row)
        while True:
            with suppress(queue.Full):
                self._rows.put(row, timeout=1.0)
                break
            if self._stop.is_set():
                return  # the database is away: what was not written when it stopped is lost
        if self._rows.qsize() >= BATCH:
            self._news.set()
