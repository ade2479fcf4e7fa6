"""The checks of a run in words (no ORM): those that triggered first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from detections.alerts.models import Alert
from detections.probes.models import ProbeCheck
from detections.probes.program import probe

SPLIT = "variant_split_drift"
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class CheckRow:
    """A check with its value and threshold in words, and its alert that is open."""

    check: ProbeCheck
    value: str
    threshold: str
    alert: Alert | None


def check_rows(checks: Iterable[ProbeCheck], alerts: Mapping[str, Alert] | None = None) -> list[CheckRow]:
    """`alerts`: open ones by check."""
    found = [
        CheckRow(
            each,
            _value(each),
            in_words(each.threshold, each.check_id == SPLIT),
            (alerts or {}).get(each.check_id),
        )
        for each in checks
    ]
    return sorted(found, key=lambda row: (not row.check.triggered, -probe.SEVERITIES.index(row.check.severity)))


def _value(check: ProbeCheck) -> str:
    """Of the split its shares; without expected ones the probe gives the answers of this run in numbers."""
    return in_words(check.value, share=check.check_id == SPLIT and bool(check.threshold))


def in_words(value: Any, share: bool = False) -> str:
    """`3`, `8 % to 12 %`, `canary 9.8 %, control 90.2 %`; numbers are shares from 0 to 1 where `share` says so."""
    if value is None or value == {}:
        return NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{name} {in_words(each, share)}" for name, each in value.items())
    if isinstance(value, list):
        low, high = (NOTHING if each is None else in_words(each, share) for each in value)
        if NOTHING in (low, high):
            return f"at least {low}" if high == NOTHING else f"at most {high}"
        return f"{low} to {high}"
    if isinstance(value, int | float):
        return f"{100 * value:.4g} %" if share else f"{round(value, 4):,}"
    return str(value)
