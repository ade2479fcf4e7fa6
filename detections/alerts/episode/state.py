"""Input, state and output of the episode state machine (pure: no ORM, no clock)."""

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
    """The kind of a message, a value of `Delivery.Kind`."""

    FIRING = "firing"
    SEVERITY = "severity"
    FLAPPING = "flapping"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class EpisodeTiming:
    """How long the condition has to hold before an alert fires, and to be clear before it resolves."""

    fire_after: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Observation:
    """The outcome of one slot. `severity` (1 medium … 3 critical) is used when it fires.

    `late_by` is the time from the slot's end to the evaluation where a late event made it fire. `shadow`: nobody is
    notified. `seen_at` is the time of the evaluation where that is before the slot's end (judged on arrival).
    """

    slot_end: datetime
    outcome: Outcome
    severity: int = 0
    late_by: timedelta | None = None
    shadow: bool = False
    seen_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The time shown to people: `seen_at`, at the latest the slot's end."""
        return self.slot_end if self.seen_at is None else min(self.seen_at, self.slot_end)


@dataclass(frozen=True)
class Episode:
    """An open (or just closed) episode. `severity` is the highest so far, `slot_severity` that of the last slot;
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
    """The state of a scope: its open episode, else the last slot and the flips of its last one.

    `suppressed` is the severity at which a person resolved the alert; until the scope is clear, only a higher one opens
    an episode. `notified` is the highest severity of the last episode: a late slot that is no worse opens none.
    """

    episode: Episode | None = None
    suppressed: int | None = None
    last_slot: datetime | None = None
    flips: tuple[datetime, ...] = ()
    notified: int = 0


@dataclass(frozen=True)
class Change:
    """One row of the log."""

    kind: str
    old: str = ""
    new: str = ""
    why: str = ""


@dataclass(frozen=True)
class Notice:
    """A message to send, or for the daily summary (`for_summary`)."""

    kind: NoticeKind
    for_summary: bool = False


@dataclass(frozen=True)
class TransitionResult:
    """The state after a slot, with the log rows and messages that it causes."""

    state: State
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()


def before_next_slot(state: State) -> State:
    """The state to apply the next slot to: of a closed episode only last slot, flips and severity remain."""
    if state.episode is not None and state.episode.closed:
        return replace(state, episode=None, notified=state.episode.severity)
    return state
