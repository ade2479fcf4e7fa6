"""Durations as people write them in forms: `30s`, `5m`, `4h`, `1d`, `1h30m` (pure)."""

from __future__ import annotations

import re
from datetime import timedelta

ALLOWED = "Write a number with a unit, s, m, h or d: 30s, 5m, 4h, 1d, or several as in 1h30m."
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """The duration of `1h30m`; the units from the largest to the smallest. Raises ValueError with what is allowed."""
    parts = _WRITTEN.fullmatch("".join(text.lower().split()))
    if parts is None or not any(parts.groups()):
        raise ValueError(ALLOWED)
    counts = zip(parts.groups(), _UNITS.values(), strict=True)
    return timedelta(seconds=sum(int(count) * size for count, size in counts if count))


def written(duration: timedelta) -> str:
    """As `parse_duration` reads it: `1h30m`; `0s` of none. Whole seconds."""
    left = int(duration.total_seconds())
    parts = []
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"
