"""Pure: what an established baseline says a count has to reach (no ORM)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Least counts, from an established baseline: of a window at alpha and at the high level, of 60 minutes."""

    exceed: int
    high: int
    hour: int
