"""Values of a rule's form from what was counted: limits, fragments of messages, the address."""

from urllib.parse import parse_qs

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.rule_form.proposal import WINDOW, fragment_of, levels_of, limits_from, query_of

WEEK = 7 * 24 * 60


def week(**bursts: int) -> np.ndarray:
    """A week of minutes without errors but for these: `m100=4` are four in minute 100."""
    line = np.zeros(WEEK, dtype=np.int64)
    for name, n in bursts.items():
        line[int(name[1:])] = n
    return line


def test_a_week_without_errors_has_the_usual_limits():
    limits = limits_from(week(), 7)

    assert (limits.high, limits.critical) == (3, 10)
    assert limits.says == "No error was counted in the last 7 days: these are the usual limits."
    assert limits_from([], 0.01).high == 3


def test_one_burst_does_not_move_them():
    assert (limits_from(week(m100=50), 7).high, limits_from(week(m100=50), 7).critical) == (3, 10)


def test_a_steady_route_is_high_above_its_usual_and_critical_at_three_times_that():
    limits = limits_from(np.full(WEEK, 2), 7)

    assert (limits.high, limits.critical) == (11, 33)
    assert "busiest 5 minutes had 10" in limits.says
    assert "at most 10" in limits.says


def test_it_says_from_how_much_they_are():
    assert "the last 2.5 days" in limits_from(week(m1=1), 2.5).says
    assert "the last 3 h" in limits_from(week(m1=1)[:180], 0.125).says


@given(st.lists(st.integers(0, 40), min_size=1, max_size=400))
def test_at_most_one_window_in_a_thousand_is_high(minutes):
    limits = limits_from(minutes, 7)
    windows = [sum(minutes[max(0, end - WINDOW) : end]) for end in range(1, len(minutes) + 1)]

    assert sum(window >= limits.high for window in windows) <= len(windows) / 1000 + 1
    assert limits.critical > limits.high >= 3


def test_the_part_of_a_message_that_stays_is_taken():
    assert fragment_of("Payment 1042 was refused by the bank at 12:03") == "was refused by the bank at"
    assert fragment_of("user 7") == ""
    assert fragment_of("quantity must be positive\nTraceback") == "quantity must be positive"
    assert fragment_of("") == ""


@given(st.text(max_size=80))
def test_it_is_always_part_of_the_message(message):
    assert fragment_of(message) in message


def test_errors_and_fatal_ones_are_counted_together():
    assert set(levels_of("fatal")) == {"error", "fatal"}
    assert levels_of("warning") == ("warning",)


def test_fields_without_a_value_are_left_out_of_the_address():
    query = query_of({"route": "/a b?", "project": "", "levels": ("error", "fatal"), "floor_high": 3, "tags": ()})

    assert parse_qs(query) == {"route": ["/a b?"], "levels": ["error", "fatal"], "floor_high": ["3"]}
