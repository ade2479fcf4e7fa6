"""Breadcrumbs: times of all forms as time of day, and a line for those that have data only."""

from __future__ import annotations

from typing import Any

import pytest

from detections.dashboard.issues.parts.breadcrumbs import Breadcrumb, breadcrumb_list


def only(event_timestamp: Any = None, **crumb: Any) -> Breadcrumb:
    (shown,) = breadcrumb_list({"timestamp": event_timestamp, "breadcrumbs": [crumb]})
    return shown


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("1764336000.5", "13:20:00.500"),
        (1764336000.5, "13:20:00.500"),
        ("1764336000", "13:20:00"),
        ("1764336000500", "13:20:00.500"),
        ("2025-11-28T13:20:00.123456Z", "13:20:00.123"),
        ("2025-11-28T13:20:00Z", "13:20:00"),
        ("2025-11-28T13:20:00", "13:20:00"),
        ("2025-11-28 13:20:00.5", "13:20:00.500"),
        ("2025-11-28T15:20:00.250+02:00", "13:20:00.250"),
        ("noon", "noon"),
        ("", ""),
        (None, ""),
        ("99999999999999999999", "99999999999999999999"),
    ],
)
def test_times(sent: Any, time: str) -> None:
    assert only(timestamp=sent).time == time


def test_the_day_is_shown_where_it_is_not_the_events() -> None:
    assert only("2025-11-28T14:00:00Z", timestamp="2025-11-28T13:20:00Z").time == "13:20:00"
    late = only("2025-11-29T00:00:01Z", timestamp="2025-11-28T23:59:59Z")
    assert (late.time, late.moment) == ("28 Nov 23:59:59", "2025-11-28 23:59:59 UTC")


@pytest.mark.parametrize(
    ("data", "message", "rest"),
    [
        ({"method": "PUT", "url": "/internal/properties", "status_code": 204}, "PUT /internal/properties → 204", []),
        ({"http.method": "GET", "url": "/a", "status_code": 200, "reason": "OK"}, "GET /a → 200", [("reason", "OK")]),
        ({"url": "/a"}, "/a", []),
        ({"from": "/a", "to": "/b"}, "/a → /b", []),
        ({"from": "/a"}, "", [("from", "/a")]),
        ({"rows": 3}, "", [("rows", "3")]),
    ],
)
def test_a_breadcrumb_with_data_only_says_what_happened(data: Any, message: str, rest: list[Any]) -> None:
    shown = only(data=data)
    assert (shown.message, shown.data) == (message, rest)


def test_data_beside_a_message_stays() -> None:
    shown = only(message="cart is %s", data={"arguments": ["cart is %s", {"id": 5}], "logger": "console"})
    assert shown.message == "cart is %s"
    assert shown.data == [("arguments", '["cart is %s", {"id": 5}]'), ("logger", "console")]


def test_the_newest_is_first_by_their_times_and_as_sent_where_one_has_none() -> None:
    sent = [{"message": "b", "timestamp": 1764336002}, {"message": "a", "timestamp": 1764336001.5}]
    sent += [{"message": "c", "timestamp": "2025-11-28T13:20:02Z"}]
    assert [each.message for each in breadcrumb_list({"breadcrumbs": sent})] == ["c", "b", "a"]
    sent[0] = {"message": "b"}
    assert [each.message for each in breadcrumb_list({"breadcrumbs": sent})] == ["c", "a", "b"]
