"""Pure: compares the counts of a scope with the floors and limits of its rule: a severity, or none (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detections.rules.baseline.limits import Limits
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.signature import Signature

MEDIUM, HIGH, CRITICAL = SEVERITIES["medium"], SEVERITIES["high"], SEVERITIES["critical"]


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """Counts of a scope at a slot: its window, the busiest sliding window, the window before it, the last hour."""

    count: int = 0
    busiest: int = 0
    before: int = 0
    hour: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """`severity` None is clear. `reasons`: in words, severest first (`floor 3`, `sustained`, `signature …`)."""

    severity: int | None
    reasons: tuple[str, ...]
    limit: int | None
    signature: Signature | None = None


def threshold_of(condition: Exceedance | None, limits: Limits | None) -> int | None:
    """The least count of a window that fires; None where only signatures fire."""
    if condition is None:
        return None
    steps = [step for step, _ in _floors(condition.floors)] if _floors_hold(condition, limits) else []
    return min(steps + ([limits.exceed] if limits else []), default=None)


def compare_with_limits(
    condition: Exceedance | None, limits: Limits | None, counts: WindowCounts, signatures: Sequence[Signature]
) -> Decision:
    """The severest of floors, statistics and signatures; `limits` is None before the baseline is established."""
    reasons = [(SEVERITIES[s.severity], f"signature {s.name}") for s in signatures if s.severity]
    if condition is not None:
        if _floors_hold(condition, limits):
            reasons += _by_floors(condition.floors, counts.busiest)
        if limits is not None:
            reasons += _by_statistics(condition, limits, counts)
    severity = max((s for s, _ in reasons), default=None)
    return Decision(
        severity=severity,
        reasons=tuple(text for _, text in sorted(reasons, key=lambda r: -r[0])),
        limit=threshold_of(condition, limits),
        signature=signatures[0] if signatures and severity is not None else None,
    )


def _floors_hold(condition: Exceedance, limits: Limits | None) -> bool:
    """Before the baseline, after a silent week, or always: a week in which nothing happened makes no rule milder."""
    return limits is None or limits.silent or condition.floor_mode == "always"


def _floors(floors: Floors) -> list[tuple[int, int]]:
    steps = ((floors.medium, MEDIUM), (floors.high, HIGH), (floors.critical, CRITICAL))
    return [(least, severity) for least, severity in steps if least is not None]


def _by_floors(floors: Floors, busiest: int) -> list[tuple[int, str]]:
    reached = [(severity, f"floor {least}") for least, severity in _floors(floors) if busiest >= least]
    return reached[-1:]


def _by_statistics(condition: Exceedance, limits: Limits, counts: WindowCounts) -> list[tuple[int, str]]:
    if counts.count < limits.exceed:
        return []
    sustained = counts.before >= limits.exceed
    high_reasons = [
        text
        for holds, text in (
            (sustained, "sustained"),
            (counts.count >= limits.high, "far above usual"),
            (counts.hour >= limits.hour, "busy hour"),
        )
        if holds
    ]
    if condition.floor_mode == "always":  # a sustained exceedance is high, the floors do the rest
        return [(HIGH if sustained else MEDIUM, "sustained" if sustained else "above usual")]
    severity = _gated(condition.floors, counts.count) if high_reasons else MEDIUM
    return [(severity, ", ".join(["above usual", *high_reasons]))]


def _gated(floors: Floors, count: int) -> int:
    """The severity that the floors allow to a count that the statistics call high."""
    if floors.high is None or count < floors.high:
        return MEDIUM
    return CRITICAL if floors.critical is not None and count >= floors.critical else HIGH
