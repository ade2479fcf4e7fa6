"""Slots judged as arrays against one by one, on random counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import WindowCounts, compare_with_limits
from detections.rules.evaluation.signatures import SampledEvent, busiest_window, matched
from detections.rules.preview import slots
from detections.rules.preview.events import SeenEvents, first_minute
from detections.rules.preview.slots import CLEAR, FIRING, NO_DATA
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.selector import Selector, Source
from detections.rules.spec.signature import Signature
from tests.detections.rules.world import MINUTE, NOON

SPAN = PreviewSpan(NOON, NOON + timedelta(hours=3))
SIGNATURES = (
    Signature("a", "", "", message="a", times=2, minutes=3, severity="high"),
    Signature("b", "", "", message="b"),
    Signature("u", "", "", unreported=True, times=2, minutes=4, severity="critical"),
)
LIMITS = st.none() | st.builds(Limits, st.integers(1, 9), st.integers(5, 12), st.integers(5, 30), st.booleans())
FLOORS = st.lists(st.integers(1, 14), min_size=3, max_size=3, unique=True).map(lambda steps: Floors(*sorted(steps)))
CONDITIONS = st.builds(
    Exceedance, window_minutes=st.integers(1, 9), floors=FLOORS, floor_mode=st.sampled_from(["always", "gated"])
)


def line(at: list[int]) -> np.ndarray:
    """Counts per minute from the span's origin: events in minutes around its slots."""
    return np.bincount(np.array([SPAN.before + each for each in at], dtype=np.int64), minlength=SPAN.minutes)


@given(
    CONDITIONS,
    st.lists(LIMITS, min_size=3, max_size=3),
    st.lists(st.floats(-70, 179.99), max_size=60),
    st.lists(st.integers(-70, 179), max_size=20),
    st.lists(st.integers(-30, 179), max_size=20),
)
def test_arrays_say_what_one_slot_after_the_other_says(condition, limits, moments, router, uncovered):
    spec = RuleSpec("t", Selector((Source("sentry"), Source("router"))), conditions=(condition,), signatures=SIGNATURES)
    moments = sorted(moments)
    texts = ["ab"[n % 2] for n in range(len(moments))]
    minutes, served = line([int(m // 1) for m in moments]), line(router)
    covered = np.ones(SPAN.minutes, dtype=np.bool_)
    covered[[SPAN.before + each for each in uncovered]] = False
    times = np.array([int((SPAN.before + m) * slots.A_MINUTE) for m in moments], dtype=np.int64)
    zeros = np.zeros(len(times), dtype=np.int64)
    fits = {
        n: np.array([text == each.message for text in texts], dtype=np.bool_) for n, each in enumerate(SIGNATURES[:2])
    }
    events = SeenEvents(zeros, zeros, times, fits)
    window = condition.window_minutes
    chosen = slots.source_slots(minutes, covered, window, SPAN)
    lines = {"sentry": minutes, "router": served}
    holds = [slots.signature_slots(each, n, events, lines, SPAN) for n, each in enumerate(SIGNATURES)]
    exact, hours = slots.busiest(times, window, SPAN), np.arange(SPAN.slots) // 60
    found = slots.judge(spec, chosen, exact, limits, hours, holds, np.zeros(SPAN.slots, dtype=np.int64))
    seen = [
        SampledEvent("e", SPAN.origin + timedelta(microseconds=int(at)), "", "", text)
        for at, text in zip(times, texts, strict=True)
    ]
    for slot in range(SPAN.slots):
        end = SPAN.before + slot + 1
        reached = [s for s in seen if SPAN.slot_end(slot) - 10 * MINUTE <= s.at < SPAN.slot_end(slot)]
        counts = {source: each[end - 60 : end].tolist() for source, each in lines.items()}
        count = int(minutes[end - window : end].sum())
        most, _ = busiest_window((s.at for s in reached), SPAN.slot_end(slot), window)
        before, hour = int(minutes[end - 2 * window : end - window].sum()), int(minutes[end - 60 : end].sum())
        expected = compare_with_limits(
            condition,
            limits[slot // 60],
            WindowCounts(count, max(most, count), before, hour),
            matched(SIGNATURES, reached, SPAN.slot_end(slot), counts),
        )
        decision = found.at(slot)
        assert (decision.severity if decision else None, decision.reasons if decision else ()) == (
            expected.severity,
            expected.reasons,
        )
        missing = not covered[end - window : end].all()
        assert found.outcome[slot] == (FIRING if expected.severity else NO_DATA if missing else CLEAR)


@given(CONDITIONS, st.lists(st.floats(-20, 179.99), max_size=40))
def test_where_exact_times_are_not_read_they_decide_nothing(condition, moments):
    minutes = line([int(m // 1) for m in moments])
    times = np.array(sorted(int((SPAN.before + m) * slots.A_MINUTE) for m in moments), dtype=np.int64)
    window, everywhere = condition.window_minutes, np.ones(SPAN.slots, dtype=np.bool_)
    chosen = slots.source_slots(minutes, np.ones(SPAN.minutes, dtype=np.bool_), window, SPAN)
    decided = ~slots.undecided(condition, chosen, everywhere)
    floors = condition.floors
    steps = [floors.medium, floors.high, floors.critical]
    exact = np.searchsorted(steps, slots.busiest(times, window, SPAN), side="right")
    whole = np.searchsorted(steps, chosen.count, side="right")
    assert (exact[decided] == whole[decided]).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(0, 60))
def test_the_newest_are_read_up_to_a_bound(counts, most):
    first = first_minute(np.array(counts, dtype=np.int64), most)
    assert sum(counts[first:]) <= most or first == len(counts) - 1
    assert first == 0 or sum(counts[first - 1 :]) > most


def test_the_first_source_that_delivers_is_chosen():
    minutes = line([1, 2, 3])
    off, on = np.zeros(SPAN.minutes, dtype=np.bool_), np.ones(SPAN.minutes, dtype=np.bool_)
    first = slots.source_slots(minutes, off, 5, SPAN)
    second = slots.source_slots(np.zeros_like(minutes), on, 5, SPAN)
    chosen = slots.choose([first, second], 5)
    assert chosen[:10].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    silent = slots.source_slots(minutes * 0, off, 5, SPAN)
    assert not slots.choose([silent, silent], 5).any()


def test_a_span_reads_a_week_before_its_first_hour():
    span = PreviewSpan(datetime(2026, 6, 5, 12, tzinfo=NOON.tzinfo), NOON + 20 * MINUTE)
    assert span.origin == datetime(2026, 5, 29, 10, 30, tzinfo=NOON.tzinfo)
    assert (span.hours, span.slots, span.before) == (169, 7 * 1440 + 20, 169 * 60 + 30)
    assert span.hour_of_slots[[0, 59, 60, -1]].tolist() == [0, 0, 1, 168]
