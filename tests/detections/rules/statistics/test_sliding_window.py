"""The busiest sliding window against counting by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.statistics.sliding_window import busiest, busiest_of_slots

MINUTE = 60


def by_hand(times, first_end, last_end, length):
    ends = range(first_end, last_end)
    return max(sum(end - length < t <= end for t in times) for end in ends)


@given(st.lists(st.integers(-400, 0), max_size=30))
def test_no_window_holds_more(times):
    times = sorted(times)
    count, end = busiest(times, -MINUTE, 0, 5 * MINUTE)
    assert count == by_hand(times, -MINUTE, 0, 5 * MINUTE)
    assert -MINUTE <= end < 0
    assert sum(end - 5 * MINUTE < t <= end for t in times) == count


def test_events_that_straddle_the_minutes_are_seen_together():
    """Aligned minutes would see 2 and 2; the window from 12:00:30 to 12:05:30 holds all four."""
    assert busiest([-330, -329, -40, -31], -MINUTE, 0, 5 * MINUTE) == (4, -31)


def test_a_window_does_not_hold_what_is_exactly_its_length_ago():
    assert busiest([-330, -30], -MINUTE, 0, 5 * MINUTE) == (1, -60)


def test_an_event_at_the_slots_end_is_of_the_next_slot():
    assert busiest([0], -MINUTE, 0, 5 * MINUTE)[0] == 0


def test_no_events():
    assert busiest([], -MINUTE, 0, 5 * MINUTE) == (0, -MINUTE)


@given(st.lists(st.integers(-400, 400), max_size=40), st.integers(1, 8))
def test_many_slots_at_once_are_as_each_by_itself(times, minutes):
    times = sorted(times)
    found = busiest_of_slots(np.array(times, dtype=np.int64), -120, MINUTE, 5, minutes * MINUTE)
    ends = [-120 + MINUTE * slot for slot in range(5)]
    assert found.tolist() == [busiest(times, end, end + MINUTE, minutes * MINUTE)[0] for end in ends]
