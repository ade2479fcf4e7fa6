"""The state machine of an episode (pure: no ORM, no clock; all times come from the judged slots).

pending -> firing -> recovering -> resolved; a pending episode that clears becomes inactive. Slots are applied in order;
each gives the new state, log rows and messages. For the reasons see docs/decisions/0004-alerts.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from detections.alerts.episode.state import (
    Change,
    Episode,
    EpisodeTiming,
    Notice,
    NoticeKind,
    Observation,
    Outcome,
    State,
    Status,
    TransitionResult,
)

SLOT = timedelta(minutes=1)
# Four flips: it recovered twice and fired again twice. One relapse is ordinary.
FLAPPING_FLIPS = 4
FLAPPING_SPAN = 20 * SLOT
# A slot that fires later than this is history: it is for the daily summary, unless it is critical.
LATE_NOTIFIES_WITHIN = timedelta(minutes=15)
CRITICAL = 3
LATE = "an event arrived late"


@dataclass
class _Step:
    """The application of one slot to an episode: collects changes and notices."""

    episode: Episode
    observation: Observation
    timing: EpisodeTiming
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def set(self, **values: object) -> None:
        self.episode = replace(self.episode, **values)  # type: ignore[arg-type]

    def log(self, kind: str, old: str = "", new: str = "", why: str = "") -> None:
        self.changes.append(Change(kind, old, new, why))

    def notify(self, kind: NoticeKind, *, for_summary: bool = False) -> None:
        if not self.observation.shadow:
            self.notices.append(Notice(kind, for_summary))


def apply(state: State, observation: Observation, timing: EpisodeTiming) -> TransitionResult:
    """The result of one more slot.

    A slot older than the last applied one changes something only where a late event made it fire. A slot without data,
    or whose evaluation failed, advances `last_slot` and nothing else.
    """
    if state.last_slot is not None and observation.slot_end < state.last_slot:
        return _apply_late(state, observation, timing)
    if state.episode is None:
        return _apply_without_episode(state, observation, timing)
    step = _Step(state.episode, observation, timing)
    if observation.outcome in (Outcome.NO_DATA, Outcome.ERROR):
        step.set(last_slot=observation.slot_end)
        return _finish(state, step)
    step.set(
        # At most one slot: time that was not judged does not count.
        progress=step.episode.progress + min(observation.slot_end - step.episode.last_slot, SLOT),
        last_slot=observation.slot_end,
    )
    if observation.outcome is Outcome.FIRING:
        _on_firing(step)
    else:
        _on_clear(step)
    return _finish(state, step)


def _apply_late(state: State, observation: Observation, timing: EpisodeTiming) -> TransitionResult:
    """An older slot that fires raises the severity of the open episode, or opens one where it is more severe than the
    last one; otherwise it is only logged."""
    if observation.late_by is None or observation.shadow or observation.outcome is not Outcome.FIRING:
        return TransitionResult(state)
    if state.episode is not None:
        step = _Step(state.episode, observation, timing)
        if observation.severity > step.episode.severity:
            step.set(detected_late=True)
            _raise_severity(step, observation.severity, LATE)
        else:
            step.log("late", "", str(observation.severity), LATE)
        return _finish(state, step)
    if observation.severity <= max(state.notified, state.suppressed or 0):
        return TransitionResult(state, (Change("late", "", str(observation.severity), LATE),))
    return _open(state, observation, timing)


def _apply_without_episode(state: State, observation: Observation, timing: EpisodeTiming) -> TransitionResult:
    """Without an open episode a firing slot opens one, unless the scope is suppressed after a resolve by hand."""
    if observation.outcome is Outcome.CLEAR:
        return TransitionResult(replace(state, suppressed=None))
    if observation.outcome is not Outcome.FIRING or observation.shadow:
        return TransitionResult(state)
    if state.suppressed is not None and observation.severity <= state.suppressed:
        return TransitionResult(state)
    return _open(state, observation, timing)


def _open(state: State, observation: Observation, timing: EpisodeTiming) -> TransitionResult:
    first = Status.PENDING if timing.fire_after else Status.FIRING
    step = _Step(
        Episode(
            status=first,
            severity=observation.severity,
            slot_severity=observation.severity,
            opened_at=observation.moment,
            status_since=observation.slot_end,
            last_firing_at=observation.slot_end,
            last_slot=max(observation.slot_end, state.last_slot or observation.slot_end),
            flips=state.flips,
            detected_late=observation.late_by is not None,
        ),
        observation,
        timing,
    )
    higher = "; higher than when it was resolved by hand" if state.suppressed is not None else ""
    why = "the condition holds" if observation.late_by is None else LATE
    step.log("opened", "", first, why + higher)
    if first is Status.FIRING:
        _start_firing(step)
    return _finish(replace(state, suppressed=None), step)


def _on_firing(step: _Step) -> None:
    step.set(last_firing_at=step.observation.slot_end)
    _record_severity(step)
    if step.episode.status is Status.PENDING:
        _fire_when_due(step)
    elif step.episode.status is Status.RECOVERING:
        _flip(step, Status.FIRING, "the condition holds again")
    else:
        _end_flapping_when_due(step)


def _on_clear(step: _Step) -> None:
    if step.episode.status is Status.PENDING:
        _change_status(step, Status.INACTIVE, "cleared before it had held long enough")
        return
    if step.episode.status is Status.FIRING:
        _flip(step, Status.RECOVERING, "the condition cleared")
    else:
        _end_flapping_when_due(step)
    _resolve_when_due(step)


def _fire_when_due(step: _Step) -> None:
    if step.episode.progress >= step.timing.fire_after:
        _change_status(step, Status.FIRING, "held for as long as the rule asks")
        _start_firing(step)


def _start_firing(step: _Step) -> None:
    """The episode begins to fire; this is notified even while it flaps."""
    _count_flip(step, opening=True)
    step.notify(NoticeKind.FIRING, for_summary=_is_for_summary(step))


def _is_for_summary(step: _Step) -> bool:
    late = step.observation.late_by
    return late is not None and late >= LATE_NOTIFIES_WITHIN and step.episode.severity < CRITICAL


def _resolve_when_due(step: _Step) -> None:
    """Resolves when it was clear for `keep_firing`; while it flaps, not before the flapping ends."""
    if step.episode.flapping_since is not None or step.episode.progress < step.timing.keep_firing:
        return
    _change_status(step, Status.RESOLVED, "stayed clear for as long as the rule asks")
    # Whoever got the firing gets its end, even if the rule is in shadow by now.
    step.notices.append(Notice(NoticeKind.RESOLVED))


def _end_flapping_when_due(step: _Step) -> None:
    if step.episode.flapping_since is not None and step.episode.progress >= FLAPPING_SPAN:
        step.set(flapping_since=None)
        step.log("flapping", "flapping", "steady", "no change for 20 slots")


def _record_severity(step: _Step) -> None:
    """A severity above the highest so far is notified and ends the acknowledgment; any other change is only logged."""
    before, now = step.episode.slot_severity, step.observation.severity
    step.set(slot_severity=now)
    if now > step.episode.severity:
        _raise_severity(step, now, "rose")
    elif now != before:
        step.log("severity", str(before), str(now), "recorded only; the episode keeps its highest")


def _raise_severity(step: _Step, severity: int, why: str) -> None:
    step.log("severity", str(step.episode.severity), str(severity), why)
    step.set(severity=severity)
    if step.episode.acknowledged:
        step.set(acknowledged=False)
        step.log("unacknowledged", "acknowledged", "unacknowledged", "the severity rose")
    if step.episode.status is not Status.PENDING:
        step.notify(NoticeKind.SEVERITY, for_summary=_is_for_summary(step))


def _flip(step: _Step, to: Status, why: str) -> None:
    """A change between firing and recovering; the one with which flapping begins is notified."""
    _change_status(step, to, why)
    if _count_flip(step):
        step.notify(NoticeKind.FLAPPING)


def _count_flip(step: _Step, *, opening: bool = False) -> bool:
    """Records a flip and resets `progress`; returns whether flapping begins with it. Opening an episode is a flip only
    where others are recent."""
    slot = step.observation.slot_end
    recent = tuple(flip for flip in step.episode.flips if flip > slot - FLAPPING_SPAN)
    if recent or not opening:
        recent = (*recent, slot)
    step.set(flips=recent, progress=timedelta(0))
    if len(recent) < FLAPPING_FLIPS or step.episode.flapping_since is not None:
        return False
    step.set(flapping_since=slot)
    step.log("flapping", "steady", "flapping", f"{len(recent)} changes within 20 slots")
    return True


def _change_status(step: _Step, to: Status, why: str) -> None:
    step.log(to, step.episode.status, to, why)
    step.set(status=to, status_since=step.observation.slot_end)


def _finish(state: State, step: _Step) -> TransitionResult:
    episode = step.episode
    after = replace(state, episode=episode, last_slot=episode.last_slot, flips=episode.flips)
    return TransitionResult(after, tuple(step.changes), tuple(step.notices))
