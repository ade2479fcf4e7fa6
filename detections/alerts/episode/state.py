"""What the state machine of an episode takes and gives (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"
    INACTIVE = "inactive"


class Outcome(StrEnum):
    FIRING = "firing"
    CLEAR = "clear"
    NO_DATA = "no_data"
    ERROR = "error"


class NoticeKind(StrEnum):
    """What a message says; the same words as `Delivery.Kind`."""

    FIRING = "firing"
    SEVERITY = "severity"
    FLAPPING = "flapping"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Policy:
    """How patient a rule version is: `for` before it fires, `keep_firing_for` before it is over."""

    fire_after: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Observation:
    """One slot as judged. `severity` (1 medium … 3 critical) counts when it fires; `late_by` is set when a late event
    made it true, as the time from the slot's end to the judging; `shadow`: judged, but nobody is to be told;
    `seen_at` is when it was seen where that was before the slot's end (judged on arrival), else the slot's end."""

    slot_end: datetime
    outcome: Outcome
    severity: int = 0
    late_by: timedelta | None = None
    shadow: bool = False
    seen_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The moment that people are told: never later than when it was judged."""
        return self.slot_end if self.seen_at is None else min(self.seen_at, self.slot_end)


@dataclass(frozen=True)
class Episode:
    """An open (or just closed) episode. `severity` is the highest it reached, `slot_severity` the last slot's;
    `progress` is the judged time since the last flip; `flips` are the slots of the last changes of direction."""

    status: Status
    severity: int
    slot_severity: int
    opened_at: datetime
    status_since: datetime
    last_firing_at: datetime
    last_slot: datetime
    progress: timedelta = timedelta(0)
    flips: tuple[datetime, ...] = ()
    flapping_since: datetime | None = None
    acknowledged: bool = False
    detected_late: bool = False

    @property
    def closed(self) -> bool:
        return self.status in (Status.RESOLVED, Status.INACTIVE)


@dataclass(frozen=True)
class State:
    """What is known of a scope: its open episode, else the slot and flips of its last one.

    `suppressed` is the severity at which a person resolved it while the condition still held. `notified` is the
    highest severity of the last episode: a late slot that is no worse opens no new episode.
    """

    episode: Episode | None = None
    suppressed: int | None = None
    last_slot: datetime | None = None
    flips: tuple[datetime, ...] = ()
    notified: int = 0


@dataclass(frozen=True)
class Change:
    """One line of the log."""

    kind: str
    old: str = ""
    new: str = ""
    why: str = ""


@dataclass(frozen=True)
class Notice:
    """A message to send; `for_summary` keeps it for the daily summary."""

    kind: NoticeKind
    for_summary: bool = False


@dataclass(frozen=True)
class Result:
    state: State
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()


def settled(state: State) -> State:
    """The state with which the next slot is applied: a closed episode leaves its last slot, its flips, its severity."""
    if state.episode is not None and state.episode.closed:
        return replace(state, episode=None, notified=state.episode.severity)
    return state
