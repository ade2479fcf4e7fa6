"""Until when a client must have sent its request, and taken its answer (pure). Times are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass

# A slow mobile uplink. A body that arrives at least this fast may take as long as it needs.
BODY_RATE = 50_000  # bytes a second
ANSWER_RATE = 10_000  # bytes a second, of a client that takes its answer
STALL_SECONDS = 10.0  # without a byte of a body


@dataclass(slots=True, frozen=True)
class TransferDeadlines:
    """Seconds for the head of a request, its body, its answer, and between requests.

    A body has one more for each 50 kB that came, an answer one more for each 10 kB that was taken.
    """

    head: float
    body: float
    answer: float
    idle: float


@dataclass(slots=True)
class Arrival:
    """A request that has not arrived whole: since when its head or its body is awaited, and when its last byte came."""

    since: float
    heard: float
    body: int | None = None  # bytes of the body that came; None: the head is not complete

    def received(self, now: float, body: int | None) -> None:
        """Notes bytes that came at `now`; `body` as the attribute."""
        if self.body is None and body is not None:
            self.since = now
        self.heard, self.body = now, body

    def wait(self, now: float) -> None:
        """Leaves out the time up to `now`, in which this process did not read."""
        self.since += now - self.heard
        self.heard = now

    def late(self, allowed: TransferDeadlines, now: float) -> tuple[str, str] | None:
        """None while there is time; then what did not arrive, and what would be allowed."""
        if self.body is None:
            if now < self.since + allowed.head:
                return None
            return "The request did not arrive in time.", f"allowed: {allowed.head:.0f} s for its headers"
        if now >= self.since + allowed.body + self.body / BODY_RATE:
            return "The body did not arrive in time.", f"allowed: {allowed.body:.0f} s and a second for each 50 kB"
        if now >= self.heard + STALL_SECONDS:
            return "The body did not arrive in time.", f"allowed: {STALL_SECONDS:.0f} s without a byte"
        return None


@dataclass(slots=True, frozen=True)
class Sending:
    """An answer that its client has not taken: since when, and how many bytes the connection had sent then."""

    since: float
    sent: int

    def late(self, allowed: TransferDeadlines, sent: int, now: float) -> bool:
        """Whether its time is over; `sent`: bytes that the connection has sent by `now`."""
        return now >= self.since + allowed.answer + (sent - self.sent) / ANSWER_RATE
