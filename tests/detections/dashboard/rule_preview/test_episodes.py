"""Alerts of a scope's judged slots: run after run as slot by slot."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.episode.state import EpisodeTiming, NoticeKind, Observation, State, before_next_slot
from detections.alerts.episode.transitions import apply
from detections.dashboard.rule_preview.episodes import OUTCOMES, fired
from detections.rules.evaluation.compare_with_limits import Decision
from detections.rules.preview.slots import CLEAR, FIRING, NO_DATA, Judged
from detections.rules.preview.span import PreviewSpan
from tests.detections.rules.world import MINUTE, NOON

DECISIONS = [Decision(None, (), 1), *(Decision(n, (f"floor {n}",), 1) for n in (1, 2, 3))]
RUNS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1, 1, 2, 4, 6, 19, 20, 21, 45, 200])), max_size=25)


def judged(runs):
    """Of runs of (severity, or 4 for no data; length)."""
    line = np.array([kind for kind, length in runs for _ in range(length)] or [0], dtype=np.int64)
    outcome = np.where(line == 4, NO_DATA, np.where(line > 0, FIRING, CLEAR))
    ones = np.ones_like(line)
    return Judged(outcome, np.where(line == 4, -1, line), ones, ones, ones, DECISIONS)


def slot_by_slot(found, span, timing):
    state, told = State(), []
    for slot in range(span.slots):
        decision = found.at(slot)
        severity = (decision.severity or 0) if decision else 0
        seen = Observation(span.slot_end(slot), OUTCOMES[int(found.outcome[slot])], severity)
        result = apply(state, seen, timing)
        told += [(seen.slot_end, notice.kind) for notice in result.notices]
        state = before_next_slot(result.state)
    return told


@given(RUNS, st.sampled_from([0, 1, 5, 30]), st.sampled_from([0, 1, 5, 40]))
def test_long_runs_are_left_out_and_change_nothing(runs, fire_after, keep):
    found = judged(runs)
    span = PreviewSpan(NOON, NOON + len(found.outcome) * MINUTE)
    timing = EpisodeTiming(timedelta(minutes=fire_after), timedelta(minutes=keep))
    told = slot_by_slot(found, span, timing)
    alerts = fired(found, span, timing)
    assert [alert.at for alert in alerts] == [at for at, kind in told if kind is NoticeKind.FIRING]
    ends = [at for at, kind in told if kind is NoticeKind.RESOLVED]
    assert [alert.ended for alert in alerts if alert.ended] == ends


def test_for_and_keep_firing():
    """Two minutes are too short for a rule that waits three; a relapse within five minutes is the same alert."""
    found = judged([(2, 2), (0, 10), (2, 4), (3, 1), (0, 4), (1, 1), (0, 9)])
    span = PreviewSpan(NOON, NOON + len(found.outcome) * MINUTE)
    (alert,) = fired(found, span, EpisodeTiming(timedelta(minutes=3), timedelta(minutes=5)))
    assert (alert.at, alert.first_severity, alert.severity) == (NOON + 16 * MINUTE, 2, 3)
    assert alert.ended == NOON + 28 * MINUTE
    assert (alert.when, alert.lasted) == ("Fri 12 Jun 12:16", "12 min")
