"""The state machine of an episode, slot by slot and against what must hold for any sequence of slots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.episode.state import (
    Change,
    EpisodeTiming,
    Notice,
    NoticeKind,
    Observation,
    Outcome,
    State,
    Status,
    TransitionResult,
    before_next_slot,
)
from detections.alerts.episode.transitions import SLOT, apply

START = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)
MEDIUM, HIGH, CRITICAL = 1, 2, 3
AT_ONCE = EpisodeTiming()

SIGNS = {".": Outcome.CLEAR, "?": Outcome.NO_DATA, "!": Outcome.ERROR}


def observe(sign: str, minute: int, **extra: object) -> Observation:
    """One slot from one letter: m h c fire at that severity, `.` clear, `?` no data, `!` error."""
    slot_end = START + minute * SLOT
    if sign in SIGNS:
        return Observation(slot_end, SIGNS[sign], **extra)  # type: ignore[arg-type]
    return Observation(slot_end, Outcome.FIRING, "mhc".index(sign) + 1, **extra)  # type: ignore[arg-type]


def run(
    signs: str, timing: EpisodeTiming = AT_ONCE, state: State | None = None, start: int = 0
) -> tuple[State, list[TransitionResult]]:
    state = state or State()
    results = []
    for minute, sign in enumerate(signs, start):
        result = apply(state, observe(sign, minute), timing)
        results.append(result)
        state = before_next_slot(result.state)
    return state, results


def statuses(results: list[TransitionResult]) -> list[str]:
    return [result.state.episode.status.value if result.state.episode else "-" for result in results]


def notified(results: list[TransitionResult]) -> list[tuple[int, str]]:
    return [(minute, notice.kind.value) for minute, result in enumerate(results) for notice in result.notices]


def test_fires_at_once_and_resolves_after_five_clear_slots() -> None:
    _, results = run("c......")
    assert statuses(results) == ["firing", *["recovering"] * 5, "resolved"]
    assert notified(results) == [(0, "firing"), (6, "resolved")]


def test_for_holds_a_firing_back_and_a_short_one_passes_unseen() -> None:
    patient = EpisodeTiming(fire_after=2 * SLOT)
    _, results = run("hhh", patient)
    assert statuses(results) == ["pending", "pending", "firing"]
    assert notified(results) == [(2, "firing")]
    _, results = run("hh.h", patient)
    assert statuses(results) == ["pending", "pending", "inactive", "pending"]
    assert notified(results) == []


def test_a_relapse_is_silent_and_stays_in_the_episode() -> None:
    _, results = run("c..c......")
    assert statuses(results)[3] == "firing"
    assert {result.state.episode.opened_at for result in results if result.state.episode} == {START}
    assert notified(results) == [(0, "firing"), (9, "resolved")]


@pytest.mark.parametrize("gap", ["?", "!", "???!"])
def test_slots_without_data_neither_advance_nor_reset(gap: str) -> None:
    patient = EpisodeTiming(fire_after=2 * SLOT)
    _, results = run(f"hh{gap}h", patient)
    assert statuses(results)[1:-1] == ["pending"] * (1 + len(gap))
    assert statuses(results)[-1] == "firing"
    _, results = run(f"c..{gap}...")
    assert "resolved" not in statuses(results)
    _, results = run(f"c..{gap}....")
    assert statuses(results)[-1] == "resolved"
    _, results = run(f"c{gap * 20}")
    assert statuses(results)[-1] == "firing"


def test_a_rise_is_told_and_a_fall_only_recorded() -> None:
    _, results = run("mhcmhc")
    assert notified(results) == [(0, "firing"), (1, "severity"), (2, "severity")]
    assert [result.state.episode.severity for result in results if result.state.episode] == [1, 2, 3, 3, 3, 3]
    fall = results[3].changes
    assert [(change.kind, change.old, change.new) for change in fall] == [("severity", "3", "1")]


def test_a_rise_takes_the_acknowledgment_away_and_a_repeat_does_not() -> None:
    state, _ = run("h")
    assert state.episode is not None
    state = replace(state, episode=replace(state.episode, acknowledged=True))
    same = apply(state, observe("h", 1), AT_ONCE)
    assert same.state.episode is not None
    assert same.state.episode.acknowledged
    risen = apply(state, observe("c", 1), AT_ONCE)
    assert risen.state.episode is not None
    assert not risen.state.episode.acknowledged
    assert Change("unacknowledged", "acknowledged", "unacknowledged", "the severity rose") in risen.changes


def test_a_rise_within_one_slot_counts_at_once() -> None:
    state, _ = run("m")
    result = apply(state, observe("c", 0), AT_ONCE)
    assert result.notices == (Notice(NoticeKind.SEVERITY),)


def test_an_older_slot_changes_nothing() -> None:
    state, _ = run("hh..", start=5)
    for sign in "mhc.?!":
        assert apply(state, observe(sign, 7), AT_ONCE) == TransitionResult(state)


def late(sign: str, minute: int, minutes_late: int = 2) -> Observation:
    return observe(sign, minute, late_by=minutes_late * SLOT)


@pytest.mark.parametrize("signs", ["hh", "hh.", "mm?"])
def test_a_late_slot_that_is_worse_raises_the_open_episode(signs: str) -> None:
    state, _ = run(signs, start=5)
    assert state.episode is not None
    result = apply(replace(state, episode=replace(state.episode, acknowledged=True)), late("c", 4, 600), AT_ONCE)
    after = result.state.episode
    assert after is not None
    assert (after.severity, after.detected_late, after.acknowledged) == (CRITICAL, True, False)
    assert (after.last_slot, after.status) == (state.last_slot, state.episode.status)
    assert result.notices == (Notice(NoticeKind.SEVERITY),)
    assert [change.kind for change in result.changes] == ["severity", "unacknowledged"]
    assert apply(result.state, late("c", 4, 600), AT_ONCE).notices == ()


def test_a_late_rise_to_high_that_is_old_waits_for_the_digest() -> None:
    state, _ = run("mm", start=5)
    assert apply(state, late("h", 4, 14), AT_ONCE).notices == (Notice(NoticeKind.SEVERITY),)
    assert apply(state, late("h", 4, 15), AT_ONCE).notices == (Notice(NoticeKind.SEVERITY, for_summary=True),)


def test_late_news_that_is_no_worse_is_written_down() -> None:
    state, _ = run("hh", start=5)
    assert apply(state, late("h", 4), AT_ONCE) == TransitionResult(
        state, (Change("late", "", str(HIGH), "an event arrived late"),)
    )


def test_late_news_after_the_end_opens_an_episode_only_where_it_is_worse() -> None:
    state, _ = run("h......")
    assert (state.episode, state.notified) == (None, HIGH)
    kept = apply(state, late("h", 2), AT_ONCE)
    assert (kept.state, kept.notices, [change.kind for change in kept.changes]) == (state, (), ["late"])
    opened = apply(state, late("c", 2), AT_ONCE)
    after = opened.state.episode
    assert after is not None
    assert (after.status, after.severity, after.detected_late) == (Status.FIRING, CRITICAL, True)
    assert (after.status_since, after.last_slot) == (START + 2 * SLOT, state.last_slot)
    assert opened.notices == (Notice(NoticeKind.FIRING),)
    _, results = run("......", state=opened.state, start=7)
    assert notified(results)[-1][1] == "resolved"


def test_a_late_slot_in_shadow_or_below_a_resolve_by_hand_opens_nothing() -> None:
    state = State(suppressed=CRITICAL, last_slot=START + 5 * SLOT)
    assert apply(state, late("c", 2), AT_ONCE).state == state
    shadow = observe("c", 2, late_by=SLOT, shadow=True)
    assert apply(State(last_slot=START + 5 * SLOT), shadow, AT_ONCE) == TransitionResult(
        State(last_slot=START + 5 * SLOT)
    )


def test_flapping_is_told_once_then_quiet_until_20_slots_without_a_change() -> None:
    state, results = run("c.c." + "c." * 8)
    assert notified(results) == [(0, "firing"), (4, "flapping")]
    state, results = run("." * 19, state=state, start=20)
    assert notified(results) == []
    assert statuses(results)[-1] == "recovering"
    _, results = run(".", state=state, start=39)
    assert [notice.kind for notice in results[0].notices] == [NoticeKind.RESOLVED]


def test_flapping_without_patience_stays_one_episode() -> None:
    _, results = run("c.c.c.c." + "." * 20, EpisodeTiming(keep_firing=timedelta(0)))
    assert notified(results) == [
        (0, "firing"),
        (1, "resolved"),
        (2, "firing"),
        (3, "resolved"),
        (4, "firing"),
        (27, "resolved"),
    ]


def test_flapping_ends_while_firing_and_a_later_end_is_told() -> None:
    state, results = run("c.c.c" + "c" * 20)
    assert notified(results) == [(0, "firing"), (4, "flapping")]
    assert state.episode is not None
    assert state.episode.flapping_since is None
    _, results = run("......", state=state, start=25)
    assert notified(results) == [(5, "resolved")]


def test_four_changes_in_more_than_20_slots_are_not_flapping() -> None:
    _, results = run("c.c" + "c" * 17 + ".c")
    assert "flapping" not in [tell for _, tell in notified(results)]


def test_late_detection_is_marked_and_pages_only_when_young_or_critical() -> None:
    for sign, late_by, held in [("h", 14, False), ("h", 15, True), ("m", 60, True), ("c", 600, False)]:
        result = apply(State(), observe(sign, 0, late_by=late_by * SLOT), AT_ONCE)
        assert result.state.episode is not None
        assert result.state.episode.detected_late
        assert result.notices == (Notice(NoticeKind.FIRING, for_summary=held),)


def test_after_a_resolve_by_hand_it_opens_only_when_cleared_once_or_higher() -> None:
    held = State(suppressed=HIGH, last_slot=START)
    assert statuses(run("mhh?h", state=held)[1]) == ["-"] * 5
    assert statuses(run("h.h", state=held)[1]) == ["-", "-", "firing"]
    state, results = run("hc", state=held)
    assert statuses(results) == ["-", "firing"]
    assert state.suppressed is None


def test_shadow_opens_nothing_and_tells_only_an_end() -> None:
    shadow = apply(State(), observe("c", 0, shadow=True), AT_ONCE)
    assert shadow == TransitionResult(State())
    state, _ = run("h")
    risen = apply(state, observe("c", 1, shadow=True), AT_ONCE)
    assert risen.notices == ()
    assert risen.state.episode is not None
    assert risen.state.episode.severity == CRITICAL
    state = risen.state
    for minute in range(2, 8):
        result = apply(state, observe(".", minute, shadow=True), AT_ONCE)
        state = before_next_slot(result.state)
    assert result.notices == (Notice(NoticeKind.RESOLVED),)


def test_an_hour_that_nobody_judged_counts_as_one_slot() -> None:
    state, _ = run("c.")
    result = apply(state, observe(".", 61), AT_ONCE)
    assert result.state.episode is not None
    assert result.state.episode.status is Status.RECOVERING


timings = st.builds(
    EpisodeTiming,
    fire_after=st.integers(0, 3).map(lambda n: n * SLOT),
    keep_firing=st.integers(0, 6).map(lambda n: n * SLOT),
)
slots = st.lists(st.tuples(st.sampled_from("mhc...?!"), st.sampled_from([0, 1, 1, 1, 1, 3, -2])), max_size=60)


def walk(steps: list[tuple[str, int]], timing: EpisodeTiming) -> list[tuple[Observation, State, TransitionResult]]:
    state, minute, seen = State(), 0, []
    for sign, advance in steps:
        minute += advance
        observation = observe(sign, minute)
        result = apply(state, observation, timing)
        seen.append((observation, state, result))
        state = before_next_slot(result.state)
    return seen


@given(slots, timings)
def test_replaying_a_slot_changes_nothing(steps: list[tuple[str, int]], timing: EpisodeTiming) -> None:
    for observation, _, result in walk(steps, timing):
        if result.state.episode is not None and not result.state.episode.closed:
            assert apply(result.state, observation, timing) == TransitionResult(result.state)


@given(slots, timings)
def test_no_data_moves_nothing(steps: list[tuple[str, int]], timing: EpisodeTiming) -> None:
    for observation, before, result in walk(steps, timing):
        if observation.outcome in (Outcome.NO_DATA, Outcome.ERROR):
            assert result.changes == ()
            assert result.notices == ()
            if before.episode is not None and result.state.episode is not None:
                assert result.state.episode.progress == before.episode.progress
                assert result.state.episode.status == before.episode.status


@given(slots, timings)
def test_each_episode_is_told_once_to_begin_and_once_to_end(
    steps: list[tuple[str, int]], timing: EpisodeTiming
) -> None:
    open_now, rises, flapping = False, 0, False
    for _, _, result in walk(steps, timing):
        for notice in result.notices:
            if notice.kind is NoticeKind.FIRING:
                assert not open_now
                open_now, rises, flapping = True, 0, False
            else:
                assert open_now
            if notice.kind is NoticeKind.SEVERITY:
                rises += 1
                assert rises <= 2
            if notice.kind is NoticeKind.FLAPPING:
                assert not flapping
                flapping = True
            if notice.kind is NoticeKind.RESOLVED:
                assert result.state.episode is not None
                assert result.state.episode.status is Status.RESOLVED
                open_now = False
        if any(change.new == "steady" for change in result.changes):
            flapping = False
    last = walk(steps, timing)[-1][2].state.episode if steps else None
    holding = last is not None and last.status in (Status.FIRING, Status.RECOVERING)
    assert open_now == holding


@given(slots, timings)
def test_the_log_tells_every_change_of_condition(steps: list[tuple[str, int]], timing: EpisodeTiming) -> None:
    for _, before, result in walk(steps, timing):
        moves = [change for change in result.changes if change.new in set(Status)]
        old = before.episode.status.value if before.episode else ""
        for move in moves:
            assert move.old == old
            assert move.why
            old = move.new
        if result.state.episode is not None:
            assert result.state.episode.status.value == old


@given(slots, timings)
def test_time_never_runs_back_and_severity_never_falls(steps: list[tuple[str, int]], timing: EpisodeTiming) -> None:
    for _, before, result in walk(steps, timing):
        after = result.state.episode
        if before.last_slot is not None and result.state.last_slot is not None:
            assert result.state.last_slot >= before.last_slot
        if before.episode is not None and after is not None:
            assert after.severity >= before.episode.severity
            assert after.slot_severity <= after.severity
        if after is not None:
            assert after.opened_at <= after.status_since <= after.last_slot
            assert after.progress >= timedelta(0)


@given(slots, timings, st.integers(1, 400), st.sampled_from("mhc.?!"), st.integers(0, 100))
def test_a_late_slot_never_takes_time_or_severity_back(
    steps: list[tuple[str, int]], timing: EpisodeTiming, before: int, sign: str, minutes_late: int
) -> None:
    state = before_next_slot(walk(steps, timing)[-1][2].state) if steps else State()
    if state.last_slot is None:
        return
    seen = replace(observe(sign, 0, late_by=minutes_late * SLOT), slot_end=state.last_slot - before * SLOT)
    result = apply(state, seen, timing)
    assert result.state.last_slot == state.last_slot
    firing = seen.outcome is Outcome.FIRING
    assert bool(result.changes) == firing
    after, old = result.state.episode, state.episode
    if old is not None:
        assert after is not None
        assert after.severity == max(old.severity, seen.severity if firing else 0)
        assert (after.status, after.progress, after.flips) == (
            old.status,
            old.progress,
            old.flips,
        )
    elif after is not None:
        assert after.detected_late
        assert after.opened_at <= after.status_since <= after.last_slot
    again = apply(result.state, seen, timing)
    assert again.state == result.state
    assert again.notices == ()
