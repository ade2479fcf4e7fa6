"""The next update is proposed by the severity, and what cannot be promised is refused with what can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.models import Incident, SeverityLevel
from detections.incidents.updates import promise

NOW = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def level(minutes: int | None) -> SeverityLevel:
    return SeverityLevel(severity=1, update_minutes=minutes)


@pytest.mark.parametrize("status", Incident.Status.values)
@pytest.mark.parametrize("minutes", [None, 30])
def test_only_what_goes_on_is_promised_anything(status: str, minutes: int | None) -> None:
    found = promise.proposed(level(minutes), status, NOW)
    expected = NOW + 30 * MINUTE if minutes and status in ("open", "mitigated") else None
    assert found == expected
    assert promise.proposed(None, status, NOW) is None


def test_the_time_of_the_severity_is_among_those_offered() -> None:
    assert promise.choices(level(30)) == list(promise.MINUTES)
    assert promise.choices(level(45)) == [15, 30, 45, 60, 120, 240, 480, 1440]
    assert promise.choices(level(None)) == promise.choices(None) == list(promise.MINUTES)


@pytest.mark.parametrize(
    ("after", "status", "said"),
    [
        (timedelta(0), "open", "after now (2026-06-12 14:00 UTC)"),
        (-MINUTE, "open", "after now"),
        (timedelta(days=30) + MINUTE, "mitigated", "at most 30 days ahead"),
        (MINUTE, "resolved", "none once the impact is over"),
    ],
)
def test_what_cannot_be_promised(after: timedelta, status: str, said: str) -> None:
    assert said in promise.problem(NOW + after, status, NOW)


def test_a_time_without_a_zone_is_refused() -> None:
    assert "zone" in promise.problem(datetime(2026, 6, 12, 15), "open", NOW)


@given(minutes=st.integers(1, 30 * 24 * 60), status=st.sampled_from(["open", "mitigated"]))
def test_all_else_can_be(minutes: int, status: str) -> None:
    assert promise.problem(NOW + minutes * MINUTE, status, NOW) == ""
    assert promise.problem(None, status, NOW) == ""


def test_it_is_overdue_from_the_promised_minute_on_while_the_incident_goes_on() -> None:
    incident = Incident(status="open", next_update_at=NOW)
    assert promise.overdue(incident, NOW)
    assert not promise.overdue(incident, NOW - MINUTE)
    assert not promise.overdue(Incident(status="open"), NOW)
    assert not promise.overdue(Incident(status="resolved", next_update_at=NOW), NOW)
