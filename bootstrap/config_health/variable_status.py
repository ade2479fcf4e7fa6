"""What an agent says of one variable, and how two such words differ (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

# Agents report once a day; two hours of grace for one that is late. An older report proves and contradicts nothing.
FRESH: Final = timedelta(hours=26)

SET, EMPTY, UNSET, NOT_REPORTED = "set", "empty", "unset", "not_reported"
_WORDS: Final[Mapping[str, str]] = {SET: "set", EMPTY: "empty", UNSET: "unset", NOT_REPORTED: "not reported"}


def is_fresh(reported_at: datetime | None, now: datetime) -> bool:
    """Whether a report of then still speaks for the deployment."""
    return reported_at is not None and now - reported_at <= FRESH


@dataclass(frozen=True)
class Judged:
    """One variable as its agent sees it: `state`; whether its format is right and which accepted value it is.

    None where there is no rule or no match. `fingerprints` by comparison group: equal values give equal ones.
    """

    state: str
    format_ok: bool | None = None
    accepted_index: int | None = None
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "format_ok": self.format_ok,
            "accepted_index": self.accepted_index,
            "fingerprints": dict(self.fingerprints),
        }

    @property
    def malformed(self) -> bool:
        return self.state == SET and self.format_ok is False

    def told(self) -> str:
        """In words: `set and well formed`, `set, but malformed`, `unset`."""
        if self.state != SET or self.format_ok is None:
            return _WORDS[self.state]
        return "set and well formed" if self.format_ok else "set, but malformed"


def differences(before: Judged, after: Judged) -> list[str]:
    """What became of a variable, in words: `set → unset`, `value changed`."""
    if before.state != after.state:
        return [f"{_WORDS[before.state]} → {_WORDS[after.state]}"]
    found = []
    if before.format_ok is not after.format_ok:
        found.append({True: "well formed", False: "malformed", None: "format not judged"}[after.format_ok])
    common = before.fingerprints.keys() & after.fingerprints.keys()
    if any(before.fingerprints[group] != after.fingerprints[group] for group in common):
        found.append("value changed")
    elif before.accepted_index != after.accepted_index:
        found.append("value changed" if after.accepted_index is not None else "value is no known word")
    if before.fingerprints.keys() != after.fingerprints.keys():
        found.append("other fingerprints are reported")
    return found
