"""An event as it is shown: chain and frames newest first, own frames open, anything odd left out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.issues.event import event_parts
from detections.dashboard.issues.parts.frames import FrameGroup, SourceLine
from detections.dashboard.issues.parts.values import LONGEST_VALUE, value_text

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
    "threads",
    "debug_meta",
    "left_out",
    "frames_omitted",
    "timestamp",
]

INNER = [
    *("frames", "vars", "mechanism", "headers", "context_line", "data", "formatted", "params", "template"),
    *("frames_omitted", "pre_context", "lineno", "colno", "in_app", "lock", "package", "instruction_addr", "module"),
    *("exception_id", "parent_id", "is_exception_group", "source", "meta", "id", "name", "crashed", "held_locks"),
    *("stack_of", "thread_id", "images", "sdk", "fields", "exceptions", "breadcrumbs", "timestamp", "flags", "flag"),
]
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
    assert [crumb.message for crumb in shown.breadcrumbs] == ["second", "first"]
    assert shown.breadcrumbs[0].data == [("status", "403")]


def test_a_message_that_its_exception_repeats_is_not_shown_again() -> None:
    exception = [{"type": "ValueError", "value": "no  price", "module": "builtins"}]
    for text in (
        "no price",
        "ValueError: no price",
        "Uncaught ValueError: no price\n",
        "builtins.ValueError: no price",
    ):
        assert event_parts({"exception": exception, "message": {"formatted": text}}).message == ""
    assert event_parts({"exception": exception, "message": {"formatted": "total failed"}}).message == "total failed"
    assert event_parts({"message": {"formatted": "no price"}}).message == "no price"


def test_the_parameters_of_a_log_message_stand_beside_it() -> None:
    sent = {"formatted": "order 17 of anna failed", "template": "order %s of %s failed", "params": [17, "anna"]}
    shown = event_parts({"message": sent})
    assert (shown.message, shown.template) == ("order 17 of anna failed", "order %s of %s failed")
    assert shown.parameters == [("1", "17"), ("2", "anna")]
    for params in ({"file": "a"}, [{"file": "a"}]):
        assert event_parts({"message": {"params": params}}).parameters == [("file", "a")]
    assert event_parts({"message": {"formatted": "same", "template": "same"}}).template == ""


def test_all_that_sdks_tell_is_shown() -> None:
    shown = event_parts(
        {
            "platform": "javascript",
            "transaction": "/cart",
            "transaction_source": "url",
            "server_name": "web-1",
            "dist": "77",
            "sdk": {"name": "sentry.javascript.browser", "version": "9.1.0"},
            "fingerprint": ["cart"],
            "contexts": {
                "os": {"type": "os", "name": "iOS", "version": "18.1"},
                "gpu": {"type": "gpu"},
                "flags": {"values": [{"flag": "new-cart", "result": True}, {"flag": "variant", "result": "b"}]},
                "trace": {"trace_id": "a" * 32, "op": "pageload", "data": {"http.method": "GET"}},
            },
            "debug_meta": {
                "images": [{"type": "macho", "code_file": "/App", "debug_id": "4c", "image_addr": "0x1000"}]
            },
            "request": {"data": {"a": 1}, "cookies": {"theme": "dark"}, "env": {"REMOTE_ADDR": "10.0.0.1"}},
        }
    )
    contexts = dict(shown.contexts)
    assert dict(contexts["event"]) == {
        "platform": "javascript",
        "transaction": "/cart",
        "named by": "url",
        "server": "web-1",
        "build": "77",
        "SDK": "sentry.javascript.browser 9.1.0",
        "fingerprint": '["cart"]',
    }
    assert contexts["os"] == [("name", "iOS"), ("version", "18.1")]
    assert contexts["flags"] == [("new-cart", "true"), ("variant", "b")]
    assert contexts["trace"] == [("trace_id", "a" * 32), ("op", "pageload"), ("data", '{"http.method": "GET"}')]
    assert "gpu" not in contexts
    assert shown.binaries == [("/App", "debug_id 4c\nimage_addr 0x1000")]
    assert [name for name, _ in shown.request] == ["data", "cookies", "env"]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, odd)))
def test_no_shape_is_an_error(body: dict[str, Any]) -> None:
    event_parts(body)
