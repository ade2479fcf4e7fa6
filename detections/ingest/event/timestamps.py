"""The time of an event, corrected for a wrong clock of the sender (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

# The sender's clock error is receipt minus `sent_at`. Below this it is transmission time; above it, it would move
# events to another minute.
DRIFT = timedelta(seconds=30)
# Sentry's limits: a time that is older, or later after receipt, even after correction is not usable.
OLDEST = timedelta(days=30)
FUTURE = timedelta(seconds=60)

_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9})\d*)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?"
)
# An epoch from this on is in milliseconds: in seconds it would be the year 5138.
_MILLISECONDS = 1e11


class Occurred(NamedTuple):
    """The time used for counting (aware UTC), and '' or why it is not the event's own: `corrected`, or `unreadable`,
    `too_old`, `future` (time of receipt instead)."""

    at: datetime
    note: str


def parse(value: Any) -> datetime | None:
    """RFC 3339 (0 to 9 fractional digits, zone optional) or an epoch in seconds or milliseconds; None if neither."""
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _epoch(float(value))
    return None


def occurred_at(claimed: Any, sent_at: Any, received_at: datetime) -> Occurred:
    """The event's time, corrected by the sender's clock error (from `sent_at`); never after receipt."""
    moment = parse(claimed)
    if moment is None:
        return Occurred(received_at, "" if claimed is None else "unreadable")
    sent = parse(sent_at)
    drift = received_at - sent if sent else timedelta()
    note = ""
    if abs(drift) > DRIFT:
        try:
            moment, note = moment + drift, "corrected"
        except OverflowError:  # beyond the years of datetime
            return Occurred(received_at, "future" if drift > timedelta() else "too_old")
    if moment > received_at + FUTURE:
        return Occurred(received_at, "future")
    if moment < received_at - OLDEST:
        return Occurred(received_at, "too_old")
    return Occurred(min(moment, received_at), note)


def _text(value: str) -> datetime | None:
    match = _RFC3339.fullmatch(value)
    if match is None:
        try:
            return _epoch(float(value))
        except ValueError:
            return None
    date, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}{_offset(zone)}")
        return (moment + timedelta(microseconds=int((fraction or "0").ljust(9, "0")) // 1000)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> str:
    if zone is None or zone.upper() in {"Z", "UTC"}:
        return "+00:00"
    return zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _epoch(seconds: float) -> datetime | None:
    if abs(seconds) >= _MILLISECONDS:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
