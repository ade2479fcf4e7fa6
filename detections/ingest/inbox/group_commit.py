"""One thread a web process commits what concurrent requests accepted, together; it also beats and counts drops."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, connection

from detections.ingest.inbox import insert
from detections.ingest.inbox.insert import Row
from detections.ingest.protocol.errors import Refused
from detections.telemetry.discards import add_discards
from detections.telemetry.record import Drop
from opsconsole.lib.clock import floor_hour

logger = logging.getLogger(__name__)

# SDKs never send again what got a 5xx, so a restart of PostgreSQL (two to four seconds) is waited out. Away for
# longer, requests are refused at once until it is back, so that threads are free for what can be answered.
HOLD_SECONDS = 6.0
RETRY_SECONDS = 0.2
TICK_SECONDS = 1.0
# So long a commit waits for as many rows as the last ones had: under load that saves more commits than it costs time.
GATHER_SECONDS = 0.002
# How fast that number is forgotten: some ten commits after a burst, a lone sender waits no more.
FORGET = 0.8
RETRY_AFTER = 10


class _Batch:
    """Rows that go into one commit, and what became of them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.refused: set[int] = set()
        self.stored = False
        self.done = threading.Event()


class Flusher:
    """Owns the thread of its process. Starts it with the first use after a fork, never before one.

    `clock` tells the time for heartbeats; `committed` is called, from the thread, after each commit.
    """

    def __init__(self, clock: Callable[[], datetime], committed: Callable[[], None]) -> None:
        self._clock = clock
        self._committed = committed
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._pid = 0
        self._stopping = False
        self._thread = threading.current_thread()
        self._start_lock = threading.Lock()
        self._wake = threading.Condition()
        self._batch = _Batch()
        self._drops: Counter[tuple[int, datetime, str, str]] = Counter()
        self._away_since: float | None = None
        self._shared = 0.0
        self._beaten: datetime | None = None

    def start(self) -> None:
        """Starts this process's thread unless it runs."""
        if self._pid == os.getpid():
            return
        with self._start_lock:
            if self._pid != os.getpid():
                self._stopping, self._beaten = False, None
                self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
                self._thread.start()
                self._pid = os.getpid()

    def stop(self) -> None:
        """Ends this process's thread after what is queued; the next use starts it again."""
        if self._pid != os.getpid():
            return
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self._pid = 0

    def store(self, row: Row) -> None:
        """Returns when the row is committed.

        Raises Refused: 503 when PostgreSQL stays away, 403 when the row's project is gone.
        """
        self.start()
        if self.refuses():
            raise unavailable()
        with self._wake:
            batch = self._batch
            index = len(batch.rows)
            batch.rows.append(row)
            if index == 0 or index + 1 == int(self._shared):
                self._wake.notify()
        # The thread gives up after HOLD_SECONDS; a commit that hangs longer than that is answered all the same.
        if not batch.done.wait(3 * HOLD_SECONDS) or not batch.stored:
            raise unavailable()
        if index in batch.refused:
            raise Refused(403, "The project does not exist any more.", "project")

    def refuses(self) -> bool:
        """Whether PostgreSQL has been away for longer than a request is held."""
        since = self._away_since
        return since is not None and time.monotonic() - since > HOLD_SECONDS

    def drop(self, project_id: int, now: datetime, reason: str, category: str, n: int = 1) -> None:
        """Counts something that was received and is not kept; written within a second, with the others."""
        self.start()
        with self._wake:
            self._drops[project_id, floor_hour(now), reason, category] += n

    def _run(self) -> None:
        ticked = 0.0
        while True:
            batch = self._next()
            if self._stopping and not batch.rows:
                break
            try:
                if batch.rows:
                    self._commit(batch)
                if time.monotonic() - ticked >= TICK_SECONDS:
                    ticked = time.monotonic()
                    self._tick()
            except Exception:  # the thread must not end: its process would answer 503 for ever
                logger.exception("flusher failed")
        self._tick()
        connection.close()

    def _next(self) -> _Batch:
        with self._wake:
            if not self._batch.rows and not self._stopping:
                self._wake.wait(TICK_SECONDS)
            if 0 < len(self._batch.rows) < int(self._shared):
                self._wake.wait(GATHER_SECONDS)
            batch, self._batch = self._batch, _Batch()
        self._shared = max(len(batch.rows), self._shared * FORGET)
        return batch

    def _commit(self, batch: _Batch) -> None:
        end = time.monotonic() + HOLD_SECONDS
        try:
            while not self._insert(batch) and time.monotonic() < end:
                time.sleep(RETRY_SECONDS)
        finally:
            batch.done.set()
        if batch.stored:
            self._committed()

    def _insert(self, batch: _Batch) -> bool:
        """Tries once; False when PostgreSQL is away. A row that it refuses does not hold up the others."""
        try:
            try:
                insert.insert(batch.rows)
            except insert.AWAY:
                raise
            except DatabaseError:
                outcome = insert.insert_each(batch.rows)
                batch.refused = {index for index, went_in in enumerate(outcome) if not went_in}
        except Exception as error:  # however a lost connection shows itself: the rows are here, they are tried again
            self._went_away(error)
            return False
        batch.stored, self._away_since = True, None
        return True

    def _went_away(self, error: Exception) -> None:
        if self._away_since is None:
            logger.warning("PostgreSQL is away, requests wait: %s", error)
            self._away_since = time.monotonic()
        with contextlib.suppress(Exception):
            connection.close()

    def _tick(self) -> None:
        """The heartbeat, once a minute, and the drops counted since; what fails now is tried at the next tick.

        While PostgreSQL is away the heartbeat is also what notices that it is back.
        """
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        try:
            if self._beaten != minute or self._away_since is not None:
                insert.beat(now)
                self._beaten, self._away_since = minute, None
            self._write_drops()
        except DatabaseError as error:
            self._went_away(error)

    def _write_drops(self) -> None:
        with self._wake:
            drops, self._drops = self._drops, Counter()
        try:
            add_discards(Drop(*key, n) for key, n in drops.items())
        except DatabaseError:
            with self._wake:
                self._drops.update(drops)
            raise


def unavailable() -> Refused:
    return Refused(503, "Events cannot be stored at the moment.", "database", headers={"Retry-After": str(RETRY_AFTER)})
