"""The state machine of an escalation (pure: no ORM, no clock).

Its steps run one after another, each after its wait, until somebody acknowledges. After the last step of the last round
it waits once more as long as for that step, and ends: nobody answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class EscalationStatus(StrEnum):
    WAITING = "waiting"
    STOPPED = "stopped"  # somebody acknowledged
    EXHAUSTED = "exhausted"  # all steps are done, nobody answered
    ENDED = "ended"  # the alert is over


@dataclass(frozen=True)
class EscalationTiming:
    """The wait before each step, of which there is at least one; all of them are repeated `repeat` times."""

    waits: tuple[timedelta, ...]
    repeat: int = 0

    @property
    def last(self) -> int:
        return len(self.waits) - 1


@dataclass(frozen=True)
class EscalationState:
    """`step` is the next one to run, from 0; one more than the last while it waits for the end. `due_at` is there
    exactly while it waits."""

    status: EscalationStatus
    step: int = 0
    round: int = 0
    due_at: datetime | None = None


def begin(timing: EscalationTiming, now: datetime) -> EscalationState:
    """The state at the first message, and again where the severity rises."""
    return EscalationState(EscalationStatus.WAITING, due_at=now + timing.waits[0])


def is_due(state: EscalationState, now: datetime) -> bool:
    """Whether a step, or the end, is due."""
    return state.due_at is not None and state.due_at <= now


def due_step(timing: EscalationTiming, state: EscalationState) -> int | None:
    """The step to run now that it is due; None where all are done and nobody answered."""
    return state.step if state.step <= timing.last else None


def after_due(timing: EscalationTiming, state: EscalationState, now: datetime, *, reached: bool) -> EscalationState:
    """The state after what was due has run. Waits count from now, so that a downtime leaves no backlog; after a step
    that reached nobody the next one of the round does not wait."""
    if state.step > timing.last:
        return replace(state, status=EscalationStatus.EXHAUSTED, due_at=None)
    if state.step < timing.last:
        wait = timing.waits[state.step + 1] if reached else timedelta(0)
        return replace(state, step=state.step + 1, due_at=now + wait)
    if state.round < timing.repeat:
        return replace(state, step=0, round=state.round + 1, due_at=now + timing.waits[0])
    return replace(state, step=state.step + 1, due_at=now + timing.waits[-1])


def postpone(state: EscalationState, until: datetime) -> EscalationState:
    """The state where what is due has to wait, e.g. while the alert is silenced."""
    return replace(state, due_at=until)


def stop(state: EscalationState) -> EscalationState:
    """The state after somebody acknowledged."""
    if state.status is not EscalationStatus.WAITING:
        return state
    return replace(state, status=EscalationStatus.STOPPED, due_at=None)


def resume(timing: EscalationTiming, state: EscalationState, now: datetime) -> EscalationState:
    """The state after an acknowledgment ran out: the interrupted step is due now; the last one where all were done."""
    if state.status in (EscalationStatus.ENDED, EscalationStatus.WAITING):
        return state
    return replace(state, status=EscalationStatus.WAITING, step=min(state.step, timing.last), due_at=now)


def end(state: EscalationState) -> EscalationState:
    """The state of an alert that is over."""
    return replace(state, status=EscalationStatus.ENDED, due_at=None)
