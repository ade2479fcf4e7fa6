"""Frames as they are shown: which are open, their places, gaps, numbers of lines; threads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.issues.parts.frames import FrameGroup, StackFrame, frame_groups, thread_list


def only(**frame: Any) -> StackFrame:
    (group,) = frame_groups({"frames": [frame]})
    return group.frames[0]


def shape(groups: list[FrameGroup]) -> list[tuple[bool, int, list[str]]]:
    return [(each.folded, each.missing, [frame.function for frame in each.frames]) for each in groups]


def test_frames_without_marks_are_open_and_marked_ones_beside_them_folded() -> None:
    unmarked = [{"function": name} for name in "abc"]
    assert shape(frame_groups({"frames": unmarked})) == [(False, 0, ["c", "b", "a"])]
    library = {"function": "lib", "in_app": False}
    assert shape(frame_groups({"frames": [*unmarked, library]})) == [(True, 0, ["lib"]), (False, 0, ["c", "b", "a"])]
    own = {"function": "own", "in_app": True}
    assert shape(frame_groups({"frames": [*unmarked, own]})) == [(False, 0, ["own"]), (True, 0, ["c", "b", "a"])]


@pytest.mark.parametrize(
    ("frame", "function", "where", "notes"),
    [
        ({"filename": "app.js", "lineno": 1, "colno": 20411}, "?", "app.js:1:20411", []),
        ({"filename": "app.js", "lineno": 1, "colno": 0}, "?", "app.js:1", []),
        ({"filename": "app.js", "colno": 7}, "?", "app.js", []),
        ({"package": "/usr/lib/libc.so.6", "instruction_addr": "0x1000"}, "0x1000", "/usr/lib/libc.so.6", []),
        ({"package": "C:\\shop\\shop.dll", "instruction_addr": "0x10", "function": "Total", "filename": "cart.cs",
          "lineno": 9}, "Total", "cart.cs:9", ["shop.dll", "0x10"]),
        ({"symbol": "_ZN4shop", "instruction_addr": "0x10"}, "_ZN4shop", "?", ["0x10"]),
        ({"module": "app.Cache", "filename": "Cache.java", "lineno": 12, "function": "fill"}, "fill", "Cache.java:12",
         ["app.Cache"]),
        ({"module": "shop.cart", "filename": "shop/cart.py", "lineno": 3}, "?", "shop/cart.py:3", []),
        ({"module": "shop.cart", "filename": "C:\\shop\\cart.py"}, "?", "C:\\shop\\cart.py", []),
        ({"module": "only.module"}, "?", "only.module", []),
        ({}, "?", "?", []),
    ],
)  # fmt: skip
def test_places(frame: dict[str, Any], function: str, where: str, notes: list[str]) -> None:
    shown = only(**{"in_app": True, **frame})
    assert (shown.function, shown.where, shown.notes) == (function, where, notes)


def test_what_a_thread_waits_for_is_shown() -> None:
    shown = only(function="wait", lock={"type": 2, "address": "0x0a"})
    assert shown.variables == [("lock", '{"type": 2, "address": "0x0a"}')]


def test_gaps_stand_where_frames_are_missing() -> None:
    frames = [{"function": name, "in_app": True} for name in "abcd"]
    shown = frame_groups({"frames": frames, "frames_omitted": [[2, 50]]})
    assert shape(shown) == [(False, 0, ["d", "c"]), (False, 50, []), (False, 0, ["b", "a"])]
    ends = frame_groups({"frames": frames, "frames_omitted": [[0, 3], [4, 1]]})
    assert shape(ends) == [(False, 1, []), (False, 0, ["d", "c", "b", "a"]), (False, 3, [])]
    assert shape(frame_groups({"frames_omitted": [[0, 7]]})) == [(False, 7, [])]


@given(
    before=st.lists(st.text(max_size=3), max_size=12),
    after=st.lists(st.text(max_size=3), max_size=12),
    at=st.none() | st.integers(0, 30),
)
def test_each_line_has_its_own_number_or_none(before: list[str], after: list[str], at: int | None) -> None:
    lines = only(lineno=at, context_line="now", pre_context=before, post_context=after).lines
    assert [each.text for each in lines] == [*before, "now", *after]
    (current,) = [each for each in lines if each.current]
    assert (current.text, current.number) == ("now", at or None)
    for offset, each in enumerate(lines, -len(before)):
        expected = at + offset if at else 0
        assert each.number == (expected if expected > 0 else None)


def test_an_empty_current_line_keeps_the_lines_around_it() -> None:
    lines = only(lineno=5, pre_context=["four"], post_context=["six"]).lines
    assert [(each.number, each.text, each.current) for each in lines] == [
        (4, "four", False), (5, "", True), (6, "six", False),
    ]  # fmt: skip


def test_threads_crashed_first_and_only_that_one_open() -> None:
    frames = [{"function": "f"}]
    shown = thread_list(
        {
            "threads": [
                {"id": "1", "name": "main", "main": True, "frames": frames, "state": "WAITING"},
                {"id": "2", "name": "pool", "frames": frames},
                {"id": "7", "name": "worker", "crashed": True, "stack_of": "exception"},
                {"id": "9", "current": True, "frames_omitted": [[0, 40]]},
            ]
        }
    )
    assert [(each.name, each.marks, each.open) for each in shown] == [
        ("worker (7)", ["crashed"], True),
        ("thread 9", ["current"], False),
        ("main (1)", ["main", "WAITING"], False),
        ("pool (2)", [], False),
    ]
    assert shown[0].note == "Its stack is shown with the exception."
    assert shape(shown[1].frame_groups) == [(False, 40, [])]


def test_a_thread_whose_stack_was_sent_with_its_exception_says_so() -> None:
    body = {"exception": [{"thread_id": "0"}], "threads": [{"id": "0", "crashed": True}, {"id": "1"}]}
    assert [each.note for each in thread_list(body)] == ["Its stack is shown with the exception.", ""]


def test_one_thread_whose_stack_is_shown_already_is_no_list() -> None:
    assert thread_list({"threads": [{"id": "1", "current": True, "stack_of": "event"}]}) == []
    assert len(thread_list({"threads": [{"id": "1", "frames": [{"function": "f"}]}]})) == 1


def test_locks_that_a_thread_holds() -> None:
    lock = {"type": 1, "address": "0x0d", "package_name": "java.lang", "class_name": "Object", "thread_id": 3}
    (shown, _) = thread_list({"threads": [{"name": "a", "held_locks": {"0x0d": lock}}, {"name": "b"}]})
    assert shown.locks == [("0x0d", "java.lang.Object")]
