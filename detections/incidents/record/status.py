"""The statuses of an incident: which follow which, and the times that each has (pure).

open → mitigated → resolved → postmortem due → closed. Steps may be left out forward; back is any earlier status, with a
reason. What is resolved becomes postmortem due in the same act where one is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from detections.incidents.models import Incident

Status = Incident.Status
CURRENT = (Status.OPEN, Status.MITIGATED, Status.RESOLVED, Status.POSTMORTEM_DUE)
ORDER = (*CURRENT, Status.CLOSED)


@dataclass(frozen=True)
class Times:
    """When an incident reached its statuses; None: not, or not any more."""

    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None


def goes_back(old: str, new: str) -> bool:
    """Whether the step is to an earlier status, for which a reason is asked."""
    return _rank(new) < _rank(old)


def reopens(old: str, new: str) -> bool:
    """Whether the step leaves `closed`."""
    return old == Status.CLOSED and new != Status.CLOSED


def choices(old: str) -> tuple[Incident.Status, ...]:
    """The statuses that may follow, forward first, then back from the nearest. Closing is an act of its own, and so not
    among them."""
    forward = [each for each in ORDER[:-1] if _rank(each) > _rank(old) and _may_follow(old, each)]
    back = [each for each in reversed(ORDER) if _rank(each) < _rank(old)]
    return (*forward, *back)


def times_after(new: str, times: Times, now: datetime) -> Times:
    """The times once the status is `new`: what it has reached keeps its first time, what lies behind it has none."""
    rank = _rank(new)
    if rank < _rank(Status.MITIGATED):
        return Times()
    if rank < _rank(Status.RESOLVED):
        return Times(mitigated_at=times.mitigated_at or now)
    resolved = replace(times, resolved_at=times.resolved_at or now)
    return replace(resolved, closed_at=(times.closed_at or now) if new == Status.CLOSED else None)


def _rank(status: str) -> int:
    return ORDER.index(Status(status))


def _may_follow(old: str, new: Incident.Status) -> bool:
    """A postmortem is asked for of what is resolved."""
    return new != Status.POSTMORTEM_DUE or old == Status.RESOLVED
