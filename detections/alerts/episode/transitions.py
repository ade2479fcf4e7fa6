"""The state machine of an episode (pure: no ORM, no clock; every time comes from the slots that are judged).

pending -> firing -> recovering -> resolved; a pending that passes becomes inactive. One slot after the other is
applied; the result is the new state, what to write into the log and whom to tell. The reasons are in
docs/decisions/0004-alerts.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from detections.alerts.episode.state import (
    Change,
    Episode,
    Notice,
    NoticeKind,
    Observation,
    Outcome,
    Policy,
    Result,
    State,
    Status,
)

SLOT = timedelta(minutes=1)
# Four flips are a firing that paused twice and came back twice: one relapse is ordinary.
FLAPPING_TURNS = 4
FLAPPING_SPAN = 20 * SLOT
# An older slot that flips out true is history: it goes to the daily summary unless it is critical.
LATE_PAGES_WITHIN = timedelta(minutes=15)
CRITICAL = 3
LATE = "an event arrived late"


@dataclass
class _Step:
    """The episode on its way through one slot, and what happened to it."""

    episode: Episode
    seen: Observation
    policy: Policy
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def set(self, **values: object) -> None:
        self.episode = replace(self.episode, **values)  # type: ignore[arg-type]

    def log(self, kind: str, old: str = "", new: str = "", why: str = "") -> None:
        self.changes.append(Change(kind, old, new, why))

    def tell(self, what: NoticeKind, *, for_summary: bool = False) -> None:
        if not self.seen.shadow:
            self.notices.append(Notice(what, for_summary))


def apply(state: State, seen: Observation, policy: Policy) -> Result:
    """The state after one more slot. A slot older than the last one applied changes nothing, unless an event that
    arrived late made it true; a slot without data or whose judging failed is remembered, but moves nothing on and
    nothing back."""
    if state.last_slot is not None and seen.slot_end < state.last_slot:
        return _older(state, seen, policy)
    if state.episode is None:
        return _closed(state, seen, policy)
    step = _Step(state.episode, seen, policy)
    if seen.outcome in (Outcome.NO_DATA, Outcome.ERROR):
        step.set(last_slot=seen.slot_end)
        return _finish(state, step)
    step.set(
        # One slot at most: time that nobody judged proves nothing.
        progress=step.episode.progress + min(seen.slot_end - step.episode.last_slot, SLOT),
        last_slot=seen.slot_end,
    )
    if seen.outcome is Outcome.FIRING:
        _holds(step)
    else:
        _clears(step)
    return _finish(state, step)


def _older(state: State, seen: Observation, policy: Policy) -> Result:
    """Late news never takes time back: it raises the open episode, or opens one where it is worse than what was told
    of the last; else it is only written down."""
    if seen.late_by is None or seen.shadow or seen.outcome is not Outcome.FIRING:
        return Result(state)
    if state.episode is not None:
        step = _Step(state.episode, seen, policy)
        if seen.severity > step.episode.severity:
            step.set(detected_late=True)
            _rises_to(step, seen.severity, LATE)
        else:
            step.log("late", "", str(seen.severity), LATE)
        return _finish(state, step)
    if seen.severity <= max(state.notified, state.suppressed or 0):
        return Result(state, (Change("late", "", str(seen.severity), LATE),))
    return _open(state, seen, policy)


def _closed(state: State, seen: Observation, policy: Policy) -> Result:
    """No open episode: a firing slot opens one unless a person's resolve still holds it back."""
    if seen.outcome is Outcome.CLEAR:
        return Result(replace(state, suppressed=None))
    if seen.outcome is not Outcome.FIRING or seen.shadow:
        return Result(state)
    if state.suppressed is not None and seen.severity <= state.suppressed:
        return Result(state)
    return _open(state, seen, policy)


def _open(state: State, seen: Observation, policy: Policy) -> Result:
    first = Status.PENDING if policy.fire_after else Status.FIRING
    step = _Step(
        Episode(
            status=first,
            severity=seen.severity,
            slot_severity=seen.severity,
            opened_at=seen.moment,
            status_since=seen.slot_end,
            last_firing_at=seen.slot_end,
            last_slot=max(seen.slot_end, state.last_slot or seen.slot_end),
            flips=state.flips,
            detected_late=seen.late_by is not None,
        ),
        seen,
        policy,
    )
    higher = "; higher than when it was resolved by hand" if state.suppressed is not None else ""
    why = "the condition holds" if seen.late_by is None else LATE
    step.log("opened", "", first, why + higher)
    if first is Status.FIRING:
        _fires(step)
    return _finish(replace(state, suppressed=None), step)


def _holds(step: _Step) -> None:
    step.set(last_firing_at=step.seen.slot_end)
    _weigh(step)
    if step.episode.status is Status.PENDING:
        _settle_pending(step)
    elif step.episode.status is Status.RECOVERING:
        _flip(step, Status.FIRING, "the condition holds again")
    else:
        _settle_flapping(step)


def _clears(step: _Step) -> None:
    if step.episode.status is Status.PENDING:
        _move(step, Status.INACTIVE, "cleared before it had held long enough")
        return
    if step.episode.status is Status.FIRING:
        _flip(step, Status.RECOVERING, "the condition cleared")
    else:
        _settle_flapping(step)
    _settle_recovering(step)


def _settle_pending(step: _Step) -> None:
    if step.episode.progress >= step.policy.fire_after:
        _move(step, Status.FIRING, "held for as long as the rule asks")
        _fires(step)


def _fires(step: _Step) -> None:
    """The episode has begun to fire. It is told even if it flaps; that it does stands in its log."""
    _count_flip(step, opening=True)
    step.tell(NoticeKind.FIRING, for_summary=_is_old_news(step))


def _is_old_news(step: _Step) -> bool:
    late = step.seen.late_by
    return late is not None and late >= LATE_PAGES_WITHIN and step.episode.severity < CRITICAL


def _settle_recovering(step: _Step) -> None:
    """Resolve once it was quiet for long enough; a flapping one only when the flapping is over."""
    if step.episode.flapping_since is not None or step.episode.progress < step.policy.keep_firing:
        return
    _move(step, Status.RESOLVED, "stayed clear for as long as the rule asks")
    # A target that was told of the firing is told of its end, also when the rule has meanwhile gone into shadow.
    step.notices.append(Notice(NoticeKind.RESOLVED))


def _settle_flapping(step: _Step) -> None:
    if step.episode.flapping_since is not None and step.episode.progress >= FLAPPING_SPAN:
        step.set(flapping_since=None)
        step.log("flapping", "flapping", "steady", "no change for 20 slots")


def _weigh(step: _Step) -> None:
    """A rise above the highest so far is told again and takes the acknowledgment away; all else is only recorded."""
    before, now = step.episode.slot_severity, step.seen.severity
    peak = step.episode.severity
    step.set(slot_severity=now)
    if now > peak:
        _rises_to(step, now, "rose")
    elif now != before:
        step.log("severity", str(before), str(now), "recorded only; the episode keeps its highest")


def _rises_to(step: _Step, severity: int, why: str) -> None:
    step.log("severity", str(step.episode.severity), str(severity), why)
    step.set(severity=severity)
    if step.episode.acknowledged:
        step.set(acknowledged=False)
        step.log("unacknowledged", "acknowledged", "unacknowledged", "the severity rose")
    if step.episode.status is not Status.PENDING:
        step.tell(NoticeKind.SEVERITY, for_summary=_is_old_news(step))


def _flip(step: _Step, to: Status, why: str) -> None:
    """A change of direction within the episode; the one that makes it flap is told."""
    _move(step, to, why)
    if _count_flip(step):
        step.tell(NoticeKind.FLAPPING)


def _count_flip(step: _Step, *, opening: bool = False) -> bool:
    """Start the count of quiet slots anew; returns whether too many flips have just become flapping. The first firing
    out of a long quiet is no flip."""
    slot = step.seen.slot_end
    recent = tuple(flip for flip in step.episode.flips if flip > slot - FLAPPING_SPAN)
    if recent or not opening:
        recent = (*recent, slot)
    step.set(flips=recent, progress=timedelta(0))
    if len(recent) < FLAPPING_TURNS or step.episode.flapping_since is not None:
        return False
    step.set(flapping_since=slot)
    step.log("flapping", "steady", "flapping", f"{len(recent)} changes within 20 slots")
    return True


def _move(step: _Step, to: Status, why: str) -> None:
    step.log(to, step.episode.status, to, why)
    step.set(status=to, status_since=step.seen.slot_end)


def _finish(state: State, step: _Step) -> Result:
    episode = step.episode
    after = replace(state, episode=episode, last_slot=episode.last_slot, flips=episode.flips)
    return Result(after, tuple(step.changes), tuple(step.notices))
