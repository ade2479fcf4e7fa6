"""What the connections of one web process may hold together: places, unfinished requests, memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from detections.ingest.protocol.errors import Refused
from opsconsole.web_server.channel import RequestChannel
from opsconsole.web_server.limits import WebLimits
from opsconsole.web_server.refusals import too_many, too_much

logger = logging.getLogger(__name__)


REPORT_SECONDS = 60.0
MAX_ADDRESSES = 1000


class RefusedRequests:
    """Counts what the server refuses by itself, for one line in the log a minute."""

    def __init__(self) -> None:
        self._statuses: Counter[int] = Counter()
        self._addresses: Counter[str] = Counter()
        self._next_report = 0.0

    def add(self, status: int, address: str) -> None:
        self._statuses[status] += 1
        if address in self._addresses or len(self._addresses) < MAX_ADDRESSES:
            self._addresses[address] += 1

    def report(self, now: float) -> None:
        """Logs the counts, if there are any and a minute has passed since the last time."""
        if not self._statuses or now < self._next_report:
            return
        self._next_report = now + REPORT_SECONDS
        counts = ", ".join(f"{status}: {n}" for status, n in sorted(self._statuses.items()))
        ((address, most),) = self._addresses.most_common(1)
        logger.warning("requests refused before they were whole: %s; of %s %d", counts, address or "a socket", most)
        self._statuses.clear()
        self._addresses.clear()


class Connections:
    """The connections in `polled`, which maps descriptors to whatever the process waits for. `clock`: monotonic.

    Counts only grow between two sweeps; where one reaches its limit it is counted anew, so that it is exact where it
    matters and costs nothing else.
    """

    def __init__(self, limits: WebLimits, polled: Mapping[int, Any], clock: Callable[[], float]) -> None:
        self.limits = limits
        self.clock = clock
        self.stopping = False
        self.refused = RefusedRequests()
        self._polled = polled
        self._buffered = 0
        self._arriving: Counter[str] = Counter()

    def channels(self) -> list[RequestChannel]:
        return [each for each in list(self._polled.values()) if isinstance(each, RequestChannel)]

    def sweep(self, now: float) -> None:
        """Ends what has taken too long, and counts anew. Called every second."""
        for channel in self.channels():
            try:
                channel.check(now)
            except Exception:  # the others must still be checked
                logger.exception("a connection could not be checked")
                channel.drop()
        self._count()
        self.refused.report(now)

    def _count(self) -> None:
        channels = self.channels()
        self._buffered = sum(channel.buffered for channel in channels)
        self._arriving = Counter(channel.counted_as for channel in channels if channel.arrival is not None)

    def crowded(self, channel: RequestChannel) -> Refused | None:
        """The refusal of a request that begins to arrive, if its address has too many of them; the request counts."""
        address, allowed = channel.counted_as, self.limits.per_address
        if not address:
            return None
        self._arriving[address] += 1
        if self._arriving[address] > allowed:
            self._count()
        return too_many(allowed) if self._arriving[address] > allowed else None

    def note_buffered(self, size: int) -> None:
        """Counts bytes that came. Where all exceed the limit, requests of the address that holds most are refused."""
        self._buffered += size
        if self._buffered <= self.limits.buffered:
            return
        self._count()
        while self._buffered > self.limits.buffered and (largest := self._largest()):
            if not largest.refuse(too_much(self.limits.buffered)):
                largest.drop()
            self._count()

    def _largest(self) -> RequestChannel | None:
        """Of the address that holds most, the arriving request that holds most."""
        arriving = [each for each in self.channels() if each.arrival is not None and not each.requests]
        held: Counter[str] = Counter()
        for channel in arriving:
            held[channel.counted_as] += channel.buffered
        return max(arriving, key=lambda each: (held[each.counted_as], each.buffered), default=None)

    def has_room(self) -> bool:
        """Whether another connection may be accepted. If all places are taken, those that wait longest are closed."""
        if len(self._polled) < self.limits.connections:
            return True
        waiting = [(since, each) for each in self.channels() if (since := each.waits_since()) is not None]
        waiting.sort(key=lambda pair: pair[0])
        for _, channel in waiting[: max(1, self.limits.connections // 100)]:
            channel.drop()
        return len(self._polled) < self.limits.connections

    def busy(self, *, also_idle: bool) -> bool:
        """Whether a request arrives or is answered; `also_idle`: or a connection is open for the next one."""
        return any(also_idle or each.arrival or each.requests or each.total_outbufs_len for each in self.channels())
