"""Pure: known failures recognised in the events of a scope (no ORM)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from detections.rules.spec.patterns import matcher
from detections.rules.spec.signature import PATTERNS, Signature
from detections.rules.statistics.sliding_window import busiest
from opsconsole.lib.clock import MINUTE

Chain = tuple[tuple[str, str], ...]
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SampledEvent:
    """What rules look at in one event."""

    event_id: str
    at: datetime
    exception: str
    logger: str
    message: str
    chain: Chain = ()  # type and value of its exceptions, the reported one first
    places: tuple[str, ...] = ()  # module:function of its frames, the application's own first


def microseconds(moment: datetime, origin: datetime) -> int:
    """Whole microseconds from `origin`: exact, unlike a float of seconds."""
    return (moment - origin) // MICROSECOND


def busiest_window(times: Iterable[datetime], slot_end: datetime, minutes: int) -> tuple[int, datetime]:
    """The most events in any `minutes` that end within the minute before `slot_end`, and the end of that window."""
    moments = sorted(microseconds(t, slot_end) for t in times)
    count, end = busiest(moments, -(MINUTE // MICROSECOND), 0, minutes * (MINUTE // MICROSECOND))
    return count, slot_end + end * MICROSECOND


def matched(
    signatures: Sequence[Signature],
    sightings: Sequence[SampledEvent],
    slot_end: datetime,
    counts: Mapping[str, Sequence[int]],
) -> list[Signature]:
    """The signatures that hold in the slot, in the rule's order.

    `counts` are per source the scope's counts of the minutes before `slot_end`, newest last: what `unreported` reads.
    """
    return [s for s in signatures if _holds(s, sightings, slot_end, counts)]


def _holds(
    signature: Signature, sightings: Sequence[SampledEvent], slot_end: datetime, counts: Mapping[str, Sequence[int]]
) -> bool:
    if signature.unreported:
        router, reported = (sum(counts.get(s, ())[-signature.minutes :]) for s in ("router", "sentry"))
        return router >= signature.times and reported == 0
    fits = fitting(signature)
    times = [s.at for s in sightings if fits(s.exception, s.logger, s.message, s.chain, s.places)]
    return len(times) >= signature.times and busiest_window(times, slot_end, signature.minutes)[0] >= signature.times


def fitting(signature: Signature) -> Callable[[str, str, str, Chain, tuple[str, ...]], bool]:
    """Whether the reported exception or one that it wraps fits, in a place that does."""
    exception, logger, message, place = (matcher(signature.pattern(name), signature.syntax) for name in PATTERNS)

    @cache  # a flood repeats few texts: each is matched once a slot
    def fits(type_: str, from_: str, text: str, chain: Chain, places: tuple[str, ...]) -> bool:
        if not logger(from_) or (signature.place and not any(map(place, places))):
            return False
        return any(exception(e) and message(m) for e, m in ((type_, text), *chain))

    return fits
