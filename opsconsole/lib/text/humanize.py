"""Formats times, durations and numbers for people (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_CAPITAL_AFTER_THE_FIRST = re.compile(r"(?<=[A-Za-z)][ -])[A-Z](?=[a-z]+\b)")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (1, "s"))


def utc(moment: datetime) -> str:
    """A time as `2026-11-20 12:03:04 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`, `in 4 min`; beyond 30 days the date.

    app.js updates the text in the browser and has to use the same format.
    """
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 5:
        return "just now"
    if size >= 30 * _DAY:
        return f"{moment.astimezone(UTC):%d %b %Y}".lstrip("0")
    length, unit = next((length, unit) for length, unit in _UNITS if size >= length)
    count = int(size // length)
    return f"{count} {unit} ago" if seconds > 0 else f"in {count} {unit}"


def duration(seconds: float) -> str:
    """A duration in at most two units: `45 s`, `1 h 30 min`, `2 d 3 h`; below a second `0.4 s`."""
    if 0 < seconds < 1:
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[str] = []
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break  # adjacent units only: never `2 d 5 s`
    return " ".join(parts[:2]) or "0 s"


def compact(value: float) -> str:
    """A number as `950`, `12.3k`, `4.1M`."""
    for size, suffix in ((1_000_000, "M"), (10_000, "k")):
        if abs(value) >= size:
            return f"{value / (1000 if suffix == 'k' else size):.1f}".removesuffix(".0") + suffix
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def sentence_case(heading: str) -> str:
    """`Two-factor authentication` of `Two-Factor Authentication`; words such as TOTP and WebAuthn stay."""
    return _CAPITAL_AFTER_THE_FIRST.sub(lambda capital: capital[0].lower(), heading)
