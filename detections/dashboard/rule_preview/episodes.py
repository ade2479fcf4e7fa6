"""Pure: the alerts that a scope's judged slots open, by the state machine of alerts (no ORM)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from detections.alerts.episode.state import (
    Episode,
    EpisodeTiming,
    NoticeKind,
    Observation,
    Outcome,
    State,
    Status,
    TransitionResult,
    before_next_slot,
)
from detections.alerts.episode.transitions import FLAPPING_SPAN, SLOT, apply
from detections.rules.models import Severity
from detections.rules.preview.slots import CLEAR, FIRING, NO_DATA, Judged
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.schema import RuleSpec
from opsconsole.lib.text import humanize

ENDLESS = 1_000_000_000  # slots
OUTCOMES = {FIRING: Outcome.FIRING, CLEAR: Outcome.CLEAR, NO_DATA: Outcome.NO_DATA}


class Fired(msgspec.Struct):
    """An alert that would have been told of: when, its highest severity, why, the least number of errors in its first
    window; `ended` is None while it goes on at the span's end."""

    at: datetime
    severity: int
    first_severity: int
    count: int
    reasons: tuple[str, ...] = ()
    ended: datetime | None = None
    place: str = ""
    group: str = ""
    scope: str = ""

    @property
    def when(self) -> str:
        """`Tue 24 Nov 14:02`."""
        return f"{self.at:%a} {self.at.day} {self.at:%b %H:%M}"

    @property
    def severity_word(self) -> str:
        return Severity(self.severity).label.lower()

    @property
    def severities(self) -> str:
        """`high`, or `medium (later critical)`."""
        first = Severity(self.first_severity).label.lower()
        return first if self.severity == self.first_severity else f"{first} (later {self.severity_word})"

    @property
    def lasted(self) -> str:
        """How long until it resolved, in words."""
        return humanize.duration((self.ended - self.at).total_seconds()) if self.ended else "still open"


def timing_of(spec: RuleSpec) -> EpisodeTiming:
    return EpisodeTiming(timedelta(minutes=spec.for_minutes), timedelta(minutes=spec.keep_firing_minutes))


def fired(judged: Judged, span: PreviewSpan, timing: EpisodeTiming) -> list[Fired]:
    """Oldest first. Nobody acknowledges, resolves by hand or silences."""
    found: list[Fired] = []
    walk = _Walk(judged)
    state, slot = State(), walk.next_firing(0)
    while slot < span.slots:
        severity = int(walk.severity[slot])
        seen = Observation(span.slot_end(slot), OUTCOMES[int(judged.outcome[slot])], severity)
        result = apply(state, seen, timing)
        _note(found, result, seen, judged, slot)
        state = before_next_slot(result.state)
        if state.episode is None:
            slot = walk.next_firing(slot + 1)
        else:
            alike = walk.alike_after(slot)
            passed = min(alike, _changing_nothing(state.episode, seen.outcome, timing))
            state = _after(state, state.episode, seen.outcome, passed)
            slot += passed + 1
    return found


def _note(found: list[Fired], result: TransitionResult, seen: Observation, judged: Judged, slot: int) -> None:
    for notice in result.notices:
        episode = result.state.episode
        if notice.kind is NoticeKind.FIRING and episode is not None:
            decision = judged.at(slot)
            reasons = decision.reasons if decision else ()
            count = int(judged.busiest[slot])
            found.append(Fired(seen.slot_end, episode.severity, episode.severity, count, reasons))
        elif notice.kind is NoticeKind.SEVERITY and episode is not None:
            found[-1].severity = episode.severity
        elif notice.kind is NoticeKind.RESOLVED:
            found[-1].ended = seen.slot_end


def _changing_nothing(episode: Episode, outcome: Outcome, timing: EpisodeTiming) -> int:
    """After a slot with this outcome, how many more like it change nothing but the time that was judged."""
    if outcome is Outcome.NO_DATA:
        return ENDLESS
    until = FLAPPING_SPAN if episode.flapping_since is not None else None
    if episode.status is Status.PENDING:
        until = timing.fire_after
    elif episode.status is Status.RECOVERING and until is None:
        until = timing.keep_firing
    return ENDLESS if until is None else max(0, -((episode.progress - until) // SLOT) - 1)


def _after(state: State, episode: Episode, outcome: Outcome, slots: int) -> State:
    """The state after so many slots that change nothing."""
    if not slots:
        return state
    at = episode.last_slot + slots * SLOT
    progress = episode.progress + (0 if outcome is Outcome.NO_DATA else slots) * SLOT
    firing_at = at if outcome is Outcome.FIRING else episode.last_firing_at
    episode = replace(episode, last_slot=at, progress=progress, last_firing_at=firing_at)
    return replace(state, episode=episode, last_slot=at)


class _Walk:
    """Which slots have to be applied: without an episode those that fire, of a run of equal slots the first, and those
    that change something."""

    def __init__(self, judged: Judged) -> None:
        by_decision = np.array([d.severity or 0 for d in judged.decisions] + [0], dtype=np.int64)
        self.severity: NDArray[np.int64] = np.where(judged.outcome == FIRING, by_decision[judged.decision], 0)
        self._firing: list[int] = np.flatnonzero(judged.outcome == FIRING).tolist()
        self._size = len(judged.outcome)
        differs = np.diff(judged.outcome * 10 + self.severity) != 0
        self._ends: list[int] = [*np.flatnonzero(differs).tolist(), self._size - 1]  # the last slot of each run

    def next_firing(self, slot: int) -> int:
        at = bisect_left(self._firing, slot)
        return self._firing[at] if at < len(self._firing) else self._size

    def alike_after(self, slot: int) -> int:
        """How many slots of its run come after this one."""
        return self._ends[bisect_left(self._ends, slot)] - slot
