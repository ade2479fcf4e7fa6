"""What an event is without is counted; nothing is said of an event that is kept whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from detections.ingest.event.left_out import MAX_REMARKS
from detections.ingest.event.normalise import normalise
from detections.ingest.event.stacktraces import MAX_VALUE
from tests.detections.builders import event
from tests.detections.ingest.event.test_normalise import ANY


def left_out(**payload: Any) -> Any:
    return normalise(payload).get("left_out")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"breadcrumbs": {"values": [{"message": "m"}] * 130}}, {"breadcrumbs": 30}),
        ({"breadcrumbs": [{"message": "m"}, None]}, None),
        ({"exception": [{"type": "E"}] * 70}, {"exceptions": 20}),
        ({"exception": [None, {"type": "E"}]}, None),
        ({"tags": {str(n): "x" for n in range(120)}}, {"tags": 20}),
        ({"tags": {"a": None, "b": "x"}}, None),
        ({"tags": [["a", "1"], ["a", "2"]]}, None),
        ({"modules": {str(n): "1" for n in range(1500)}}, {"modules": 500}),
        ({"debug_meta": {"images": [{"type": "elf"}] * 1200}}, {"images": 200}),
        ({"exception": {"type": "E", "value": "x" * 20_000}}, {"value": 20_000}),
        ({"exception": {"type": "E", "value": "x" * (MAX_VALUE - 1) + "…"}}, None),
        ({"message": "x" * 20_000}, {"message": 20_000}),
        ({"logentry": {"message": "y", "formatted": "x" * 20_000}}, {"message": 20_000}),
        ({"message": "and so on…"}, None),
        ({"cart": 1, "shop": {}}, {"fields": ["cart", "shop"]}),
        ({"sentry.interfaces.Exception": {}, "csp": {}, "spans": []}, None),
    ],
)
def test_what_is_left_out(payload: dict[str, Any], expected: Any) -> None:
    assert left_out(**payload) == expected


def test_a_usual_event_is_whole() -> None:
    assert "left_out" not in normalise(event())


def test_remarks_of_the_sdk_are_kept_with_their_place() -> None:
    meta = {
        "breadcrumbs": {"": {"len": 130}},
        "extra": {"sql": {"": {"len": 5000, "rem": [["!limit", "x", 1021, 1024]]}}},
        "exception": {"values": {"0": {"stacktrace": {"": {"rem": [["!limit", "x"]]}}}}},
        "user": {"": {"err": ["odd"]}},
    }
    assert left_out(_meta=meta)["sdk"] == [
        ["breadcrumbs", 130],
        ["extra.sql", 5000],
        ["exception.values.0.stacktrace", 0],
    ]


def test_remarks_are_bounded() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(5000):
        inner["a"] = inner = {}
    inner[""] = {"len": 1}
    assert left_out(_meta=deep) is None
    assert len(left_out(_meta={str(n): {"": {"len": 1}} for n in range(500)})["sdk"]) == MAX_REMARKS


@given(ANY)
def test_odd_remarks_are_no_error(meta: Any) -> None:
    normalise({"_meta": meta, "debug_meta": meta, "threads": meta})
