"""Which statuses follow which, and the times that each has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.models import Incident
from detections.incidents.record.status import ORDER, Times, choices, goes_back, reopens, times_after
from tests.detections.incidents.factories import START

Status = Incident.Status
STATUSES = st.sampled_from(ORDER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("open", ["mitigated", "resolved"]),
        ("mitigated", ["resolved", "open"]),
        ("resolved", ["postmortem", "mitigated", "open"]),
        ("postmortem", ["resolved", "mitigated", "open"]),
        ("closed", ["postmortem", "resolved", "mitigated", "open"]),
    ],
)
def test_what_may_follow(old: str, new: list[str]) -> None:
    assert list(choices(old)) == new


@given(STATUSES, STATUSES)
def test_a_step_goes_back_exactly_when_its_opposite_goes_forward(old: Incident.Status, new: Incident.Status) -> None:
    assert goes_back(old, new) == (ORDER.index(new) < ORDER.index(old))
    assert not (goes_back(old, new) and goes_back(new, old))
    assert reopens(old, new) == (old == Status.CLOSED != new)


@given(st.lists(STATUSES, min_size=1, max_size=12))
def test_after_any_steps_each_reached_status_has_its_time_and_no_other(steps: list[Incident.Status]) -> None:
    times, now = Times(), START
    for step in steps:
        now += timedelta(minutes=1)
        before, times = times, times_after(step, times, now)
        rank = ORDER.index(step)
        assert (times.resolved_at is not None) == (rank >= 2)
        assert (times.closed_at is not None) == (rank == 4)
        if rank == 0:
            assert times == Times()
        if rank == 1:
            assert times.mitigated_at is not None
        if rank >= 2:  # a first time is kept
            assert before.resolved_at is None or times.resolved_at == before.resolved_at
        known = [each for each in (times.mitigated_at, times.resolved_at, times.closed_at) if each is not None]
        assert known == sorted(known)
        assert times_after(step, times, now + timedelta(hours=1)) == times
