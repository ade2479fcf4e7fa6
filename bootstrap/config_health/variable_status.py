"""What an agent reports of one variable, and how two such states differ (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

# Agents report once a day and may be two hours late. An older report neither proves nor contradicts anything.
FRESH: Final = timedelta(hours=26)

SET, EMPTY, UNSET, NOT_REPORTED = "set", "empty", "unset", "not_reported"
# UNSEEN: set, but the agent did not see the value. UNKNOWN: the agent could not tell whether it is set.
UNSEEN, UNKNOWN = "unseen", "unknown"
IS_SET: Final = frozenset({SET, UNSEEN})
# Of these nothing is claimed: neither that the variable is set nor that it is not.
UNTOLD: Final = frozenset({UNKNOWN, NOT_REPORTED})
_WORDS: Final[Mapping[str, str]] = {
    SET: "set",
    EMPTY: "empty",
    UNSET: "unset",
    UNSEEN: "set, value not seen",
    UNKNOWN: "not known",
    NOT_REPORTED: "not reported",
}


def is_fresh(reported_at: datetime | None, now: datetime) -> bool:
    """Whether a report made at `reported_at` still counts at `now`; False for None."""
    return reported_at is not None and now - reported_at <= FRESH


@dataclass(frozen=True)
class JudgedVariable:
    """One variable as its agent judged it.

    `format_ok` is None where the variable has no format rule or no value that was seen, `accepted_index` the position
    of its value among the words of the manifest, None where it is none of them. `fingerprints` are by comparison group:
    equal values have equal ones.
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

    def describe(self) -> str:
        """The state in words: `set and well formed`, `set, but malformed`, `unset`."""
        if self.state != SET or self.format_ok is None:
            return _WORDS[self.state]
        return "set and well formed" if self.format_ok else "set, but malformed"


def differences(before: JudgedVariable, after: JudgedVariable) -> list[str]:
    """How a variable changed, in words: `set → unset`, `value changed`; empty where it did not."""
    if before.state != after.state:
        return [f"{_WORDS[before.state]} → {_WORDS[after.state]}"]
    words = []
    if before.format_ok is not after.format_ok:
        words.append({True: "well formed", False: "malformed", None: "format not judged"}[after.format_ok])
    common = before.fingerprints.keys() & after.fingerprints.keys()
    if any(before.fingerprints[group] != after.fingerprints[group] for group in common):
        words.append("value changed")
    elif before.accepted_index != after.accepted_index:
        words.append("value changed" if after.accepted_index is not None else "value is no known word")
    if before.fingerprints.keys() != after.fingerprints.keys():
        words.append("other fingerprints are reported")
    return words
