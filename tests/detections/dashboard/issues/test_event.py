"""An event as it is shown: chain and frames newest first, own frames open, anything odd left out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.issues.event import LONGEST_VALUE, FrameGroup, SourceLine, event_parts, value_text

ODD: list[Any] = [None, 0, 1.5, True, "x", "", [], [None], [1, "x"], {}, {"": None}, {"frames": 3}, {"values": [1]}]
PARTS = [
    "exception",
    "frames",
    "breadcrumbs",
    "request",
    "user",
    "tags",
    "contexts",
    "extra",
    "modules",
    "sdk",
    "message",
]

INNER = ["frames", "vars", "mechanism", "headers", "context_line", "data", "formatted"]
odd = st.sampled_from([*ODD, *([each] for each in ODD), *({name: each} for each in ODD for name in INNER)])


def frame(function: str, in_app: bool | None = None, **more: Any) -> dict[str, Any]:
    return {"function": function, "filename": f"{function}.py", "lineno": 7, "in_app": in_app, **more}


def names(calls: list[FrameGroup]) -> list[tuple[bool, list[str]]]:
    return [(run.folded, [each.function for each in run.frames]) for run in calls]


def test_what_was_raised_last_stands_on_top_and_newest_calls_first() -> None:
    shown = event_parts(
        {
            "exception": [
                {"type": "ValueError", "value": "cause", "frames": [frame("a", True)]},
                {"type": "LookupError", "value": "raised", "frames": [frame("main", True), frame("inner", True)]},
            ]
        }
    )
    assert [each.type for each in shown.exceptions] == ["LookupError", "ValueError"]
    assert names(shown.exceptions[0].frame_groups) == [(False, ["inner", "main"])]


def test_own_frames_are_open_and_libraries_folded() -> None:
    frames = [frame("wsgi"), frame("django", False), frame("view", True), frame("orm", False), frame("own", True)]
    shown = event_parts({"exception": [{"type": "E", "frames": frames}]})
    assert names(shown.exceptions[0].frame_groups) == [
        (False, ["own"]),
        (True, ["orm"]),
        (False, ["view"]),
        (True, ["django", "wsgi"]),
    ]


def test_where_no_frame_is_the_applications_the_newest_is_open() -> None:
    shown = event_parts({"exception": [{"type": "E", "frames": [frame("a", False), frame("b", False)]}]})
    assert names(shown.exceptions[0].frame_groups) == [(False, ["b"]), (True, ["a"])]


def test_source_lines_are_numbered_around_the_current_one() -> None:
    sent = frame("f", True, pre_context=["one", "two"], context_line="three", post_context=["four"])
    (run,) = event_parts({"frames": [sent]}).exceptions[0].frame_groups
    assert run.frames[0].lines == [
        SourceLine(5, "one", False),
        SourceLine(6, "two", False),
        SourceLine(7, "three", True),
        SourceLine(8, "four", False),
    ]


def test_locals_and_long_values_are_text() -> None:
    sent = frame("f", True, vars={"n": 3, "who": "ada", "deep": {"a": [1]}, "none": None})
    (run,) = event_parts({"frames": [sent]}).exceptions[0].frame_groups
    assert run.frames[0].variables == [("n", "3"), ("who", "ada"), ("deep", '{"a": [1]}')]
    assert value_text("x" * 5000).startswith("x" * LONGEST_VALUE + "… (5,000 characters)")


def test_breadcrumbs_newest_first() -> None:
    shown = event_parts({"breadcrumbs": [{"message": "first"}, {"message": "second", "data": {"status": 403}}]})
    assert [crumb["message"] for crumb in shown.breadcrumbs] == ["second", "first"]
    assert shown.breadcrumbs[0]["data"] == [("status", "403")]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, odd)))
def test_no_shape_is_an_error(body: dict[str, Any]) -> None:
    event_parts(body)
