"""What the state machine of an episode takes and gives (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Condition(StrEnum):
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


class Tell(StrEnum):
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
    `progress` is the judged time since the last turn; `turns` are the slots of the last changes of direction."""

    condition: Condition
    severity: int
    slot_severity: int
    opened_at: datetime
    condition_since: datetime
    last_firing_at: datetime
    last_slot: datetime
    progress: timedelta = timedelta(0)
    turns: tuple[datetime, ...] = ()
    flapping_since: datetime | None = None
    acknowledged: bool = False
    detected_late: bool = False

    @property
    def closed(self) -> bool:
        return self.condition in (Condition.RESOLVED, Condition.INACTIVE)


@dataclass(frozen=True)
class State:
    """All that is known of a scope: its open episode, else what the last one left behind (slot, turns), and the
    severity at which a person resolved it by hand (`hold`) while the condition still held. `told` is the highest that
    the last episode reached: late news that is no worse is no new episode."""

    episode: Episode | None = None
    hold: int | None = None
    last_slot: datetime | None = None
    turns: tuple[datetime, ...] = ()
    told: int = 0


@dataclass(frozen=True)
class Change:
    """One line of the log."""

    kind: str
    old: str = ""
    new: str = ""
    why: str = ""


@dataclass(frozen=True)
class Notice:
    """A message to send; `held` keeps it for the digest."""

    tell: Tell
    held: bool = False


@dataclass(frozen=True)
class Result:
    state: State
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()


def settled(state: State) -> State:
    """The state with which the next slot is applied: a closed episode leaves its last slot, its turns, its severity."""
    if state.episode is not None and state.episode.closed:
        return replace(state, episode=None, told=state.episode.severity)
    return state
