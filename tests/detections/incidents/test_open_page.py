"""Who looks at an incident, and in which time zone."""

from __future__ import annotations

import zoneinfo

import pytest

from detections.incidents.open_page import zone_of
from opsconsole.accounts.models import User


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("../etc/passwd", "UTC"),
        ("Europe", "UTC"),
        ("a\0b", "UTC"),
    ],
)
def test_the_zone_is_read_alone_and_utc_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    def fail() -> None:
        raise AssertionError("all zones are listed for one")

    monkeypatch.setattr(zoneinfo, "available_timezones", fail)
    assert zone_of(User(time_zone=name)).key == expected
