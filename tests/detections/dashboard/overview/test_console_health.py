"""How the console itself does: judged by the age of what waits, not by its number."""

from __future__ import annotations

from typing import Any

import pytest

from detections.dashboard.console_health import LIMITS, Health
from detections.dashboard.overview.health_checks import ROOMS, checks, worst

CALM = {
    "inbox_depth": 0,
    "oldest_undigested_age": 0.0,
    "slot_lag": 0.0,
    "slots_ahead": 0.0,
    "oldest_unapplied_age": 0.0,
    "oldest_unsent_age": 0.0,
}


def health(**ages: Any) -> Health:
    return Health(**(CALM | ages))


def test_every_limit_has_its_check() -> None:
    assert {name for name, _, _ in ROOMS} == set(LIMITS)


def test_all_is_well() -> None:
    found = checks(health(), 0)
    assert worst(found) == "ok"
    assert [check.said for check in found] == [*(calm for _, _, calm in ROOMS), "0 events set aside"]


@pytest.mark.parametrize(("name", "room"), [(name, room) for name, room, _ in ROOMS])
def test_a_room_is_late_beyond_its_limit(name: str, room: str) -> None:
    at, beyond = checks(health(**{name: LIMITS[name]}), 0), checks(health(**{name: LIMITS[name] + 1}), 0)
    assert worst(at) == "ok"
    assert [check.name for check in beyond if check.state == "late"] == [room]


def test_a_long_but_young_queue_is_in_order() -> None:
    digest = checks(health(inbox_depth=5000, oldest_undigested_age=2.0), 0)[0]
    assert (digest.state, digest.said) == ("ok", "5,000 waiting, the oldest waits 2 s")


def test_quarantine_asks_for_a_look() -> None:
    found = checks(health(), 1)
    assert (found[-1].state, found[-1].said, worst(found)) == ("late", "1 event set aside", "late")
