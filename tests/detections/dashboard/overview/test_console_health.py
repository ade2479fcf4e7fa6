"""Console health: by the age of what waits, not by its number."""

from __future__ import annotations

from typing import Any

import pytest

from detections.dashboard.console_health import LIMITS, ConsoleHealth
from detections.dashboard.overview.health_checks import STAGES, checks, worst

NOTHING_WAITS = {
    "inbox_depth": 0,
    "connected_targets": 1,
    "oldest_undigested_age": 0.0,
    "slot_lag": 0.0,
    "slots_ahead": 0.0,
    "oldest_unapplied_age": 0.0,
    "oldest_unsent_age": 0.0,
}


def health(**ages: Any) -> ConsoleHealth:
    return ConsoleHealth(**(NOTHING_WAITS | ages))


def test_every_limit_has_its_check() -> None:
    assert {name for name, _, _ in STAGES} == set(LIMITS)


def test_all_is_well() -> None:
    found = checks(health(), 0, redis_answers=True)
    assert worst(found) == "ok"
    assert [check.message for check in found] == [
        *(message for _, _, message in STAGES),
        "answers",
        "0 events set aside",
    ]


@pytest.mark.parametrize(("name", "stage"), [(name, stage) for name, stage, _ in STAGES])
def test_a_stage_is_late_beyond_its_limit(name: str, stage: str) -> None:
    at, beyond = (
        checks(health(**{name: LIMITS[name]}), 0, redis_answers=True),
        checks(health(**{name: LIMITS[name] + 1}), 0, redis_answers=True),
    )
    assert worst(at) == "ok"
    assert [check.name for check in beyond if check.state == "late"] == [stage]


def test_a_long_but_young_queue_is_in_order() -> None:
    digest = checks(health(inbox_depth=5000, oldest_undigested_age=2.0), 0, redis_answers=True)[0]
    assert (digest.state, digest.message) == ("ok", "5,000 waiting, the oldest waits 2 s")


def test_a_quarantined_event_is_late() -> None:
    found = checks(health(), 1, redis_answers=True)
    assert (found[-1].state, found[-1].message, worst(found)) == ("late", "1 event set aside", "late")


def test_a_redis_that_does_not_answer_is_told_with_what_stands_still() -> None:
    found = checks(health(), 0, redis_answers=False)
    assert worst(found) == "late"
    (redis,) = [check for check in found if check.state != "ok"]
    assert redis.name == "Redis"
    assert "nothing is digested, judged or imported" in redis.message
