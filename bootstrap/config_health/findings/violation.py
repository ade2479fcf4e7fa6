"""Something wrong in an environment, before it is stored as a finding (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CRITICAL, WARNING, INFO = "critical", "warning", "info"
ABSENCES: Final = frozenset({"missing", "empty"})


@dataclass(frozen=True)
class Violation:
    """Something wrong. `detail` is a sentence that stays the same while nothing changes.

    `eased_from` is the severity that it would have without what eases it, empty where nothing does. `run` and `item`
    are ids, of what is overdue in a checklist.
    """

    subject: str
    kind: str
    severity: str
    detail: str
    eased_from: str = ""
    run: int | None = None
    item: int | None = None
