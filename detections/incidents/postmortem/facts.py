"""What a postmortem is drafted from (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DraftTimes:
    """When what happened. `started_at` is None where the start of impact is unknown, and `start_exact` False where only
    its day or month is known; `detected_at`: the first alert, `acknowledged_at`: its first acknowledgment."""

    started_at: datetime | None = None
    start_exact: bool = True
    start_text: str = ""
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True)
class DraftImpact:
    """Whom and what it concerned, counted over the time of impact. `people` in words, e.g. `At least 40 people`;
    `events` None: no rule of its alerts counts any. `complete` False: there were too many events to look at each."""

    events: int | None = None
    people: str = ""
    complete: bool = True
    places: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftLine:
    """A line of the timeline that the postmortem keeps; `note`: of a note its whole text, which is markdown."""

    at: datetime
    text: str
    actor: str = ""
    note: str = ""


@dataclass(frozen=True)
class PostmortemFacts:
    """The record as its postmortem needs it. `alerts` in words; `factors` as (name, description)."""

    name: str
    title: str
    summary: str = ""
    severity: str = ""
    commander: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    times: DraftTimes = DraftTimes()
    impact: DraftImpact = DraftImpact()
    alerts: tuple[str, ...] = ()
    alerts_left: int = 0
    lines: tuple[DraftLine, ...] = ()
    lines_left: int = 0
    bug_class: str = ""
    factors: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
