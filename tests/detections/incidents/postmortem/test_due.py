"""When a postmortem is due, and which reminder comes when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.models import SeverityLevel
from detections.incidents.postmortem.due import BEFORE, due_at, reminder

RESOLVED = datetime(2026, 6, 12, 14, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = RESOLVED + 5 * DAY


def test_it_is_due_as_many_days_after_resolving_as_the_severity_says() -> None:
    assert due_at(SeverityLevel(severity=1, postmortem_days=5), RESOLVED) == DUE
    assert due_at(SeverityLevel(severity=1, postmortem_days=0), RESOLVED) == RESOLVED


def test_where_none_is_asked_for_it_is_never_due() -> None:
    assert due_at(SeverityLevel(severity=3, postmortem_days=None), RESOLVED) is None
    assert due_at(None, RESOLVED) is None


def test_one_reminder_a_day_before_and_one_when_due() -> None:
    assert reminder(DUE, None, DUE - BEFORE - HOUR) is None
    assert reminder(DUE, None, DUE - BEFORE) == "soon"
    assert reminder(DUE, DUE - BEFORE, DUE - HOUR) is None
    assert reminder(DUE, DUE - BEFORE, DUE) == "due"
    assert reminder(DUE, DUE, DUE + 9 * DAY) is None


def test_after_a_pause_only_the_newer_one_comes() -> None:
    assert reminder(DUE, None, DUE + HOUR) == "due"
    assert reminder(DUE, DUE + HOUR, DUE + 2 * HOUR) is None


def test_a_new_due_time_is_reminded_of_anew() -> None:
    later = DUE + 10 * DAY
    assert reminder(later, DUE, later - HOUR) == "soon"
    assert reminder(later, DUE, later) == "due"


@given(st.lists(st.integers(0, 10 * 24), max_size=40))
def test_whenever_the_task_runs_each_comes_once_and_in_order(hours: list[int]) -> None:
    sent: list[str] = []
    reminded_at = None
    for hour in sorted(hours):
        now = RESOLVED + hour * HOUR
        which = reminder(DUE, reminded_at, now)
        if which is not None:
            sent.append(which)
            reminded_at = now
    assert sent in ([], ["soon"], ["due"], ["soon", "due"])
    assert ("due" in sent) == any(RESOLVED + hour * HOUR >= DUE for hour in hours)
