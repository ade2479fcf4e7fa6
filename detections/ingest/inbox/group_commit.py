"""One thread per web process commits the rows of concurrent requests together; it also writes heartbeats and drops."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import DatabaseError, InterfaceError, connection, transaction

from detections.ingest.inbox import blocked, insert
from detections.ingest.inbox_row import InboxRow
from detections.ingest.protocol.errors import Refused
from detections.telemetry.discards import add_discards
from detections.telemetry.records import Drop
from opsconsole.lib.clock import floor_hour
from opsconsole.lib.db.bounded import within
from opsconsole.lib.db.unreachable import is_away

logger = logging.getLogger(__name__)

# SDKs do not retry after a 5xx, so requests wait while PostgreSQL restarts (two to four seconds). When it is
# unreachable for longer, requests are refused without waiting, so that threads stay free for what can be answered.
WAIT_SECONDS = 6.0
RETRY_SECONDS = 0.2
LOOK_SECONDS = 1.0  # for connecting and one answer, after a write that failed
TICK_SECONDS = 1.0
# Longer than the thread waits for a commit: of those that come while it does, only the ones just behind it wait on.
STORE_SECONDS = WAIT_SECONDS + 2.0
# How long a commit waits for as many rows as the last commits had: under load this saves more than it costs.
GATHER_SECONDS = 0.002
# Factor by which that number decays per commit: some ten commits after a burst, a single sender no longer waits.
DECAY = 0.8
RETRY_AFTER = 10


class _Batch:
    """Rows of one commit: which of them PostgreSQL refused, by index, and whether the others are stored."""

    def __init__(self) -> None:
        self.rows: list[InboxRow] = []
        self.refused: set[int] = set()
        self.stored = False
        self.done = threading.Event()


class Flusher:
    """The thread that commits. It starts with the first use after a fork.

    `clock` returns the time of heartbeats; `committed` is called in the thread after each commit.
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
        self._unreachable_since: float | None = None
        self._asks_since: float | None = None  # PostgreSQL, which has not answered yet
        self._asked_at = 0.0
        self._doubted_since: float | None = None  # since when writes fail as if PostgreSQL were away
        self._away_since: float | None = None  # the same, once it was asked and did not answer
        self._expected = 0.0
        self._heartbeat: datetime | None = None

    def start(self) -> None:
        """Starts this process's thread if it does not run."""
        if self._pid == os.getpid():
            return
        with self._start_lock:
            if self._pid != os.getpid():
                self._stopping, self._heartbeat = False, None
                self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
                self._thread.start()
                self._pid = os.getpid()

    def stop(self) -> None:
        """Commits what is queued and ends the thread; the next use starts it again."""
        if self._pid != os.getpid():
            return
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self._pid = 0

    def store(self, row: InboxRow) -> None:
        """Returns when the row is committed.

        Raises Refused: 503 when PostgreSQL stays unreachable, 403 when the row's project was deleted.
        """
        self.start()
        if self.refuses():
            raise unavailable()
        with self._wake:
            batch = self._batch
            index = len(batch.rows)
            batch.rows.append(row)
            if index == 0 or index + 1 == int(self._expected):
                self._wake.notify()
        # A row that is given up may be stored nevertheless: sent again, it counts once.
        if not batch.done.wait(STORE_SECONDS) or not batch.stored:
            raise unavailable()
        if index in batch.refused:
            raise Refused(403, "The project does not exist any more.", "project")

    def refuses(self) -> bool:
        """Whether PostgreSQL has been unreachable, or has not answered, for longer than a request waits."""
        times = (self._unreachable_since, self._asks_since)
        return any(since is not None and time.monotonic() - since > WAIT_SECONDS for since in times)

    def away(self) -> bool:
        """Whether PostgreSQL could not be connected to, or answered nothing, for longer than a request waits.

        Not where only storing fails, as with a full disk or a locked table: pages can be read then.
        """
        since = self._away_since
        return since is not None and time.monotonic() - since > WAIT_SECONDS

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        self._asks_since = self._asked_at = time.monotonic()
        try:
            connection.ensure_connection()  # outside of the bound: it starts embedded servers that do not run
            with within(WAIT_SECONDS):
                yield
        finally:
            self._asks_since = None

    def drop(self, project_id: int, now: datetime, reason: str, category: str, n: int = 1) -> None:
        """Counts `n` received items that are not kept; the counts are written every second."""
        self.start()
        with self._wake:
            self._drops[project_id, floor_hour(now), reason, category] += n

    def _run(self) -> None:
        last_tick = 0.0
        while True:
            batch = self._next()
            if self._stopping and not batch.rows:
                break
            try:
                if batch.rows:
                    self._commit(batch)
                    self._look()  # now, since a tick may wait for another connection
                if time.monotonic() - last_tick >= TICK_SECONDS:
                    last_tick = time.monotonic()
                    self._tick()
                    self._look()
            except Exception:  # without its thread the process would answer 503 for ever
                logger.exception("flusher failed")
        self._tick()
        connection.close()

    def _next(self) -> _Batch:
        with self._wake:
            if not self._batch.rows and not self._stopping:
                self._wake.wait(TICK_SECONDS)
            if 0 < len(self._batch.rows) < int(self._expected):
                self._wake.wait(GATHER_SECONDS)
            batch, self._batch = self._batch, _Batch()
        self._expected = max(len(batch.rows), self._expected * DECAY)
        return batch

    def _commit(self, batch: _Batch) -> None:
        end = time.monotonic() + WAIT_SECONDS
        try:
            while not self._insert(batch) and time.monotonic() < end:
                time.sleep(RETRY_SECONDS)
        finally:
            batch.done.set()
        if batch.stored:
            self._committed()

    def _insert(self, batch: _Batch) -> bool:
        """Inserts once; False when PostgreSQL is unreachable. A row that it refuses does not block the others."""
        try:
            with self._asking():
                batch.refused = _inserted(batch.rows)
        except Exception as error:  # however a lost connection shows: the rows are kept and tried again
            self._mark_unreachable(error)
            return False
        batch.stored, self._unreachable_since = True, None
        self._answered()
        return True

    def _mark_unreachable(self, error: Exception) -> None:
        if self._unreachable_since is None:
            logger.warning("PostgreSQL is unreachable, requests wait: %s", error)
            self._unreachable_since = self._asked_at  # what has not answered has been away since it was asked
        if not is_away(error):
            self._answered()
        elif self._doubted_since is None:
            self._doubted_since = self._asked_at
        blocked.mark()
        with contextlib.suppress(Exception):
            connection.close()

    def _answered(self) -> None:
        self._doubted_since = self._away_since = None

    def _look(self) -> None:
        """After a write that failed as if PostgreSQL were away, connects and asks: it may be a locked table."""
        if self._doubted_since is None:
            return
        try:
            with within(LOOK_SECONDS):
                insert.ask()
        except Exception as error:
            with contextlib.suppress(Exception):
                connection.close()
            if is_away(error):
                self._away_since = self._doubted_since
                return
        self._answered()

    def _tick(self) -> None:
        """Writes the heartbeat, once a minute, and the counted drops; what fails is tried again at the next tick.

        While PostgreSQL is unreachable every tick writes a heartbeat, which detects that it is back. Every other tick
        asks whether it answers, since pages are refused by what is known here (`away`).
        """
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        try:
            with self._asking():
                if self._heartbeat != minute or self._unreachable_since is not None:
                    insert.heartbeat(now)
                    self._heartbeat, self._unreachable_since = minute, None
                else:
                    insert.ask()
                self._answered()
                self._write_drops()
        except insert.UNREACHABLE as error:
            self._mark_unreachable(error)
        except DatabaseError:  # of what is written, not of PostgreSQL: events can be stored
            logger.exception("heartbeat or drops could not be written")

    def _write_drops(self) -> None:
        with self._wake:
            drops, self._drops = self._drops, Counter()
        try:
            with transaction.atomic():  # given up in autocommit, the statement might still be carried out, and again
                add_discards(Drop(*key, n) for key, n in drops.items())
        except (DatabaseError, InterfaceError):
            with self._wake:
                self._drops.update(drops)
            raise


def _inserted(rows: list[InboxRow]) -> set[int]:
    """Commits the rows; returns the indexes of those that PostgreSQL refuses. Raises one of UNREACHABLE when it is."""
    try:
        insert.insert(rows)
    except insert.UNREACHABLE:
        raise
    except DatabaseError:
        return {index for index, stored in enumerate(insert.insert_each(rows)) if not stored}
    return set()


def unavailable() -> Refused:
    return Refused(503, "Events cannot be stored at the moment.", "database", headers={"Retry-After": str(RETRY_AFTER)})
