"""The prober: takes queued runs and carries them out, many side by side. Any number of probers may run.

It looks at the table each second, as the sender does, and needs no Redis. One thread talks to the database; each run
has a thread, and one more for each of its samples under way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import InterfaceError, OperationalError, connection

from detections.probes import record, schedule
from detections.probes.claims import claim
from detections.probes.definition import definition_of
from detections.probes.models import ProbeRun
from detections.probes.outbound import ProbeRefused, guarded, tls
from detections.probes.program import probe
from detections.probes.under_way import Row, RunUnderWork
from opsconsole.lib.sealed import SealBroken

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
RUNS = 32  # side by side: as many services may hang before others wait for them
CONNECTIONS = 128  # of all runs together; a single one may have 64
POLL = 1.0  # seconds between looks at the table
TICK = 0.2  # seconds between looks at runs under way, unless they have news
RECHECK = 10.0  # seconds between looks for runs that another prober left behind
GRACE = 10.0  # seconds that a stopping prober takes to write down what its runs took
STOPPED = "The console was stopped before the run had all its samples. Those that it took are kept."
AWAY = (OperationalError, InterfaceError)


class Prober:
    """The runs of one process. Used by one thread."""

    def __init__(self, clock: Clock, runs: int = RUNS, connections: int = CONNECTIONS) -> None:
        self._clock, self._runs, self._connections = clock, runs, connections
        self._under_way: list[RunUnderWork] = []
        self.news = Event()
        self._next_claim = self._next_check = 0.0

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return bool(self._under_way)

    def turn(self) -> None:
        """One look: what runs took is written, those that are over are ended, queued ones are started."""
        self.tend()
        now = time.monotonic()
        if now >= self._next_check:
            schedule.interrupt_lost(self._clock())
            self._next_check = now + RECHECK
        if now >= self._next_claim:
            self.start()
            self._next_claim = now + POLL

    def start(self) -> int:
        """Starts queued runs as far as there is room; returns how many were taken."""
        free = self._connections - sum(each.definition.concurrency for each in self._under_way)
        claimed = claim(self._clock(), max(self._runs - len(self._under_way), 0), free)
        for run in claimed:
            try:
                self._under_way.append(self._begun(run))
            except AWAY:
                raise
            except Exception as error:
                self._fail(run, error)
        return len(claimed)

    def tend(self) -> None:
        """Writes and ends. A run that fails here is interrupted, and the others go on."""
        self.news.clear()
        for each in list(self._under_way):
            try:
                ended = self._tended(each)
            except AWAY:
                raise
            except Exception as error:
                each.stop("failed")
                self._fail(each.run, error)
                ended = True
            if ended:
                self._under_way.remove(each)

    def stop(self) -> None:
        """Take no further sample; `tend` ends the runs."""
        for each in self._under_way:
            each.stop(STOPPED)

    def _begun(self, run: ProbeRun) -> RunUnderWork:
        """Raises what `_fail` puts into words, before anything was sent."""
        definition = definition_of(run.target)._replace(samples=run.wanted)
        connect, context = guarded(run.target, definition.base), tls()
        debug = run.target.policy_debug

        def take(on_row: Callable[[Row], None], stop: Event) -> float | None:
            ends: float | None = probe.run_samples(
                definition, on_row, stop=stop, connect=connect, tls=context, policy_debug=debug
            )
            return ends

        return RunUnderWork(run, definition, take, self.news)

    def _tended(self, each: RunUnderWork) -> bool:
        """Whether the run is no longer under way."""
        now = self._clock()
        if now >= each.until:
            each.stop(_too_long(each))
        each.write(now)
        if each.lost:
            logger.warning("run %s is no longer this prober's: it goes no further", each.run.pk)
        elif each.written:
            self._end(each, now)
        return each.lost or each.written

    def _end(self, each: RunUnderWork, now: datetime) -> None:
        """Judged with all its samples, or with those within its interval: a service that hangs is told of all the same.
        What the console's end or a fault of its own cut off is not judged."""
        taken = each.counters.samples
        if each.error:
            self._fail(each.run, each.error)
        elif taken >= each.definition.samples or (taken and now >= each.until):
            problem = _too_long(each) if taken < each.definition.samples else ""
            record.finish(each.run, each.claim, each.definition, each.counters, now, problem)
        else:
            record.give_up(each.run, each.claim, ProbeRun.State.INTERRUPTED, each.cut, now)

    def _fail(self, run: ProbeRun, error: BaseException) -> None:
        assert run.claim
        state, problem = _in_words(error)
        if state == ProbeRun.State.INTERRUPTED:
            logger.error("run %s of %s failed", run.pk, run.target.slug, exc_info=error)
        record.give_up(run, run.claim, state, problem, self._clock())


def _in_words(error: BaseException) -> tuple[ProbeRun.State, str]:
    """What a run that failed is, and why."""
    if isinstance(error, probe.ProbeError):
        return ProbeRun.State.REFUSED, f"The target is not one that can be probed: {error}."
    if isinstance(error, ProbeRefused | SealBroken):
        return ProbeRun.State.REFUSED, str(error)
    why = f"The prober failed in the midst of it ({type(error).__name__}); its log lines say more."
    return ProbeRun.State.INTERRUPTED, why


def _too_long(each: RunUnderWork) -> str:
    minutes = each.run.target.interval_minutes
    return (
        f"It was stopped at the end of its interval ({minutes} min) with {each.counters.samples} of "
        f"{each.definition.samples} samples. Make them fewer, lower the timeout, or raise concurrency or interval."
    )


def run(clock: Clock, stopping: Event, poll: float = POLL, grace: float = GRACE) -> None:
    """Carries out what is queued until `stopping` is set, then writes down what its runs took, for `grace` seconds.

    While PostgreSQL is away it waits, and goes on when it is back: runs under way keep their samples meanwhile."""
    prober = Prober(clock)
    while not stopping.is_set():
        try:
            prober.turn()
        except AWAY as error:
            _away(error)
            stopping.wait(poll)
        if prober.busy:
            prober.news.wait(TICK)
        else:
            stopping.wait(poll)
    prober.stop()
    end = time.monotonic() + grace
    while prober.busy and time.monotonic() < end:
        try:
            prober.tend()
        except AWAY as error:
            _away(error)
            time.sleep(TICK)
        prober.news.wait(TICK)
    if prober.busy:
        logger.warning("stopped with runs that could not be written; they will be marked as interrupted")


def work_off(clock: Clock) -> int:
    """Carries out what is queued, and what that queues, to its end; returns the number of runs."""
    prober = Prober(clock)
    runs = 0
    while (started := prober.start()) or prober.busy:
        runs += started
        prober.tend()
        prober.news.wait(TICK if prober.busy else 0)
    return runs


def _away(error: Exception) -> None:
    logger.warning("the runs of probes cannot be read: %s", " ".join(str(error).split()))
    connection.close()
