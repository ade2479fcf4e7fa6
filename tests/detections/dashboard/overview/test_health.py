"""How the console itself does: judged by the age of what waits, not by its number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from detections.dashboard.overview.health import Check, by_age, evaluation, quarantine, worst

NOW = datetime(2026, 6, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "state"),
    [(0, "ok"), (29, "ok"), (30, "late"), (299, "late"), (300, "down")],
)
def test_a_queue_is_judged_by_its_oldest_entry(age: int, state: str) -> None:
    check = by_age("Digest", 5000, NOW - timedelta(seconds=age), NOW, what="request")
    assert check.state == state
    assert "5,000 waiting" in check.said


def test_an_empty_queue_is_in_order() -> None:
    assert by_age("Digest", 0, None, NOW, what="request") == Check("Digest", "ok", "no request waits")


@pytest.mark.parametrize(("age", "state"), [(70, "ok"), (90, "late"), (300, "down")])
def test_each_minute_is_judged_soon_after_its_end(age: int, state: str) -> None:
    assert evaluation(NOW - timedelta(seconds=age), NOW).state == state


def test_nothing_judged_yet_is_not_in_order() -> None:
    assert evaluation(None, NOW).state == "late"


def test_quarantine_asks_for_a_look() -> None:
    assert (quarantine(0).state, quarantine(1).said) == ("ok", "1 event set aside")
    assert quarantine(2).state == "late"


def test_the_whole_is_as_bad_as_its_worst_part() -> None:
    checks = [Check("a", state, "") for state in ("ok", "down", "late")]
    assert (worst(checks), worst(checks[:1]), worst([])) == ("down", "ok", "ok")
