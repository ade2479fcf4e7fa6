"""Pure: the values of a rule's form for "alert me when…": what is selected, and limits from its own week (no ORM)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from detections.ingest.event.parameterise import parameterise
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.selector import ERROR_LEVELS

WINDOW = Exceedance().window_minutes
LEAST = Floors()
# One window in a thousand: ten of a week's 10,080 may be above what is usual.
USUAL = 0.999
SHORTEST_FRAGMENT = 6
_PARAMETER = re.compile(r"<[a-z_]+>")


@dataclass(frozen=True)
class ProposedLimits:
    """From how many errors in WINDOW minutes an alert is high and critical, and a sentence on what that is from."""

    high: int
    critical: int
    says: str


def limits_from(minutes: NDArray[np.int64] | Sequence[int], days: float) -> ProposedLimits:
    """The limits from the counts of the last minutes, of which so many days are known. High is above what 999 of 1,000
    windows had, and at least the usual limit; critical three times that."""
    line = np.asarray(minutes, dtype=np.int64)
    usual_high, usual_critical = LEAST.high or 1, LEAST.critical or 1
    if not line.any():
        return ProposedLimits(
            usual_high, usual_critical, f"No error was counted in {_days(days)}: these are the usual limits."
        )
    windows = np.convolve(line, np.ones(WINDOW, dtype=np.int64))[: line.size]
    usual = int(np.quantile(windows, USUAL, method="higher"))
    high = max(usual_high, usual + 1)
    critical = max(usual_critical, 3 * high)
    least = " (never less than the usual limit)" if high > usual + 1 else ""
    return ProposedLimits(
        high,
        critical,
        f"Proposed from its own counts of {_days(days)}: its busiest {WINDOW} minutes had {windows.max():,} and 99.9 % "
        f"of all {WINDOW} minutes at most {usual:,}. So high is from {high:,}{least}, critical from {critical:,}. "
        "An incident in that time raises them.",
    )


def fragment_of(message: str) -> str:
    """The longest part of a message that does not differ from event to event; empty where that is too short to tell
    messages apart."""
    parts = [part.strip(" \t:;,.'\"()[]{}=") for part in _PARAMETER.split(parameterise(message.split("\n", 1)[0]))]
    longest = max((part for part in parts if part in message), key=len, default="")
    return longest[:300].strip() if len(longest) >= SHORTEST_FRAGMENT else ""


def levels_of(level: str) -> tuple[str, ...]:
    """The levels that a rule over such events counts: errors and fatal ones together, as the console counts them."""
    return ERROR_LEVELS if level in ERROR_LEVELS else (level,)


def query_of(fields: dict[str, str | int | Sequence[str]]) -> str:
    """Fields of the form as a query string, without empty ones."""
    return urlencode({name: value for name, value in fields.items() if value not in ("", ())}, doseq=True)


def _days(days: float) -> str:
    if days >= 7:
        return "the last 7 days"
    return f"the last {days:.1f} days" if days >= 1 else f"the last {max(1, round(days * 24))} h"
