"""Pure: the thresholds that follow from an established baseline (no ORM)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Least counts that exceed an established baseline: of a window at alpha, at the high level, and of 60 minutes.

    `silent`: nothing happened in its week. Then nothing is known that could make an error usual, and floors stay.
    """

    exceed: int
    high: int
    hour: int
    silent: bool = False
