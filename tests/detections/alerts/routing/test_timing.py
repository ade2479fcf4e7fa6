"""The timing of policies: what is valid, what goes together, and the words for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.matchers import Subject
from detections.alerts.routing.timing import (
    AT_ONCE,
    PolicyTiming,
    group_key,
    group_words,
    timing_problems,
    timing_words,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GROUPED = PolicyTiming(("rule", "label:team"), 30 * SECOND, 5 * MINUTE, 4 * HOUR)
ALERT = Subject("DET-1", "beta", "medium", "raptor", "prod", "/a", {"team": "solver"})


def test_only_what_is_below_high_waits() -> None:
    assert [GROUPED.groups(severity) for severity in (1, 2, 3)] == [True, False, False]
    assert not AT_ONCE.groups(1)


def test_alerts_with_equal_values_go_together() -> None:
    assert group_key(GROUPED.group_by, ALERT) == group_key(GROUPED.group_by, replace(ALERT, group="/b"))
    assert group_key(GROUPED.group_by, ALERT) != group_key(GROUPED.group_by, replace(ALERT, rule="DET-2"))
    assert group_key(GROUPED.group_by, ALERT) != group_key(GROUPED.group_by, replace(ALERT, labels={}))
    assert group_words(GROUPED.group_by, ALERT) == "rule DET-1, label team solver"
    assert group_key((), ALERT) == "[]"


texts = st.text(max_size=300)


@given(texts, texts, texts, texts)
def test_a_key_is_short_and_equal_only_for_equal_values(a: str, b: str, c: str, d: str) -> None:
    one, two = (replace(ALERT, rule=rule, group=group) for rule, group in ((a, b), (c, d)))
    keys = [group_key(("rule", "group"), each) for each in (one, two)]
    assert max(map(len, keys)) <= 200
    assert (keys[0] == keys[1]) == ((a, b) == (c, d))


def test_a_valid_timing_has_no_problems() -> None:
    assert timing_problems(GROUPED) == timing_problems(AT_ONCE, mutes=True) == {}
    assert timing_problems(PolicyTiming(repeat=HOUR)) == {}


@pytest.mark.parametrize(
    ("timing", "field", "said"),
    [
        (replace(GROUPED, group_by=("colour",)), "group_by", "'colour' is no key; allowed: rule,"),
        (replace(GROUPED, group_by=("rule", "rule")), "group_by", "Name each key once."),
        (replace(GROUPED, wait=None), "group_wait", "How long does the first message wait for others?"),
        (replace(GROUPED, interval=None), "group_interval", "How long after a message"),
        (PolicyTiming(interval=MINUTE), "group_wait", "An interval needs a wait"),
        (replace(GROUPED, wait=2 * HOUR), "group_wait", "From 1s to 1h."),
        (replace(GROUPED, wait=timedelta(0)), "group_wait", "From 1s to 1h."),
        (replace(GROUPED, interval=SECOND), "group_interval", "From 30s to 1d."),
        (PolicyTiming(repeat=MINUTE), "repeat_interval", "From 5m to 7d."),
        (replace(GROUPED, interval=5 * HOUR), "repeat_interval", "At least the group interval, 5h."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(timing: PolicyTiming, field: str, said: str) -> None:
    assert timing_problems(timing)[field].startswith(said)


@pytest.mark.parametrize(("timing", "mutes"), [(GROUPED, False), (PolicyTiming(repeat=HOUR), False), (AT_ONCE, True)])
def test_the_daily_summary_has_a_time_of_its_own(timing: PolicyTiming, mutes: bool) -> None:
    assert "daily summary" in timing_problems(timing, summary=True, mutes=mutes)["delivery"]


def test_the_timing_in_words() -> None:
    assert timing_words(AT_ONCE) == ["Each alert by itself, at once."]
    assert timing_words(GROUPED) == [
        "Alerts below high with the same rule and label team: the first waits 30 s for others, one message lists all, "
        "the next one follows after 5 min at the earliest.",
        "Critical and high: each by itself, at once.",
        "Again every 4 h while unacknowledged.",
    ]
