"""The state machine of an escalation: every step once and in order, nothing after an answer, no backlog."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.escalation.state import (
    EscalationState,
    EscalationStatus,
    EscalationTiming,
    after_due,
    begin,
    due_step,
    end,
    is_due,
    resume,
    stop,
)

START = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
timings = st.builds(
    EscalationTiming,
    st.lists(st.integers(1, 1440).map(lambda minutes: minutes * MINUTE), min_size=1, max_size=5).map(tuple),
    st.integers(0, 3),
)
gaps = st.lists(st.integers(1, 3000), min_size=60, max_size=60)


def poll(timing: EscalationTiming, state: EscalationState, now: datetime) -> tuple[EscalationState, int | None, bool]:
    """(state, step run, whether it ended) of one look at the clock."""
    if not is_due(state, now):
        return state, None, False
    step = due_step(timing, state)
    return after_due(timing, state, now, reached=True), step, step is None


@given(timings, gaps)
def test_every_step_of_every_round_runs_once_in_order_and_then_it_ends(
    timing: EscalationTiming, gaps: list[int]
) -> None:
    state, now, ran = begin(timing, START), START, list[int]()
    for minutes in (*gaps, *[3000] * 30):
        now += minutes * MINUTE
        before = state
        state, step, ended = poll(timing, state, now)
        if step is not None:
            assert before.due_at is not None
            ran.append(step)
            assert state.due_at is not None
            assert state.due_at > now  # one step at a look, however late it is
        assert ended == (state.status is EscalationStatus.EXHAUSTED and before.status is EscalationStatus.WAITING)
    assert ran == list(range(len(timing.waits))) * (timing.repeat + 1)
    assert state.status is EscalationStatus.EXHAUSTED
    assert state.due_at is None


@given(timings, st.integers(0, 20))
def test_a_step_is_never_due_before_its_wait(timing: EscalationTiming, steps: int) -> None:
    state, now = begin(timing, START), START
    for _ in range(steps):
        if state.due_at is None:
            break
        wait = timing.waits[min(state.step, timing.last)]
        assert state.due_at == now + wait
        assert not is_due(state, state.due_at - timedelta(microseconds=1))
        now = state.due_at
        state = after_due(timing, state, now, reached=True)


@given(timings, st.integers(0, 30), st.integers(0, 10**6))
def test_an_answer_stops_it_and_its_end_resumes_the_interrupted_step_now(
    timing: EscalationTiming, steps: int, later: int
) -> None:
    state, now = begin(timing, START), START
    for _ in range(steps):
        now = state.due_at or now
        state, _, _ = poll(timing, state, now)
    stopped = stop(state)
    assert not is_due(stopped, now + 10**6 * MINUTE)
    back = now + later * MINUTE
    resumed = resume(timing, stopped, back)
    assert (resumed.status, resumed.due_at) == (EscalationStatus.WAITING, back)
    assert resumed.round == state.round
    assert due_step(timing, resumed) == min(state.step, timing.last)


@given(timings)
def test_an_ended_one_never_goes_on(timing: EscalationTiming) -> None:
    over = end(begin(timing, START))
    assert over.due_at is None
    assert stop(over) == over
    assert resume(timing, over, START) == over


def test_what_waits_is_not_made_due_by_a_resume() -> None:
    timing = EscalationTiming((5 * MINUTE,))
    state = begin(timing, START)
    assert resume(timing, state, START) == state


def test_a_step_that_reached_nobody_is_not_waited_for() -> None:
    timing = EscalationTiming((5 * MINUTE, 10 * MINUTE), repeat=1)
    now = START + 5 * MINUTE
    state = after_due(timing, begin(timing, START), now, reached=False)
    assert (state.step, state.due_at) == (1, now)
    again = after_due(timing, state, now, reached=False)  # a new round waits: nothing spins
    assert (again.step, again.round, again.due_at) == (0, 1, now + 5 * MINUTE)
    last = after_due(timing, after_due(timing, again, now, reached=False), now, reached=False)
    assert (last.step, last.due_at) == (2, now + 10 * MINUTE)
