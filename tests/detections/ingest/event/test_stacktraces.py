"""Frames: which lines around the current one are kept, addresses, and where frames are missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detections.ingest.event.stacktraces import MAX_CHAIN_FRAMES, MAX_EXCEPTIONS, MAX_FRAMES, exceptions, stack


def only(**frame: Any) -> dict[str, Any]:
    return stack([frame])["frames"][0]


def test_the_lines_next_to_the_current_one_are_kept() -> None:
    frame = only(
        pre_context=[f"b{n}" for n in range(20)], context_line="now", post_context=[f"a{n}" for n in range(20)]
    )
    assert frame["pre_context"] == [f"b{n}" for n in range(10, 20)]
    assert frame["post_context"] == [f"a{n}" for n in range(10)]


def test_lines_around_an_empty_one_are_kept() -> None:
    assert only(pre_context=["a"], context_line="", post_context=["b"]) == {"pre_context": ["a"], "post_context": ["b"]}


def test_addresses_and_binaries_are_kept() -> None:
    sent = {"package": "/app/shop", "instruction_addr": "0x2000", "symbol_addr": 4096, "addr_mode": "rel:0",
            "symbol": "_ZN4shop", "platform": "native", "lock": {"type": 8}}  # fmt: skip
    assert only(**sent) == {**sent, "symbol_addr": "0x1000"}


@pytest.mark.parametrize(
    ("sent", "left_out", "gaps"),
    [
        (10, None, None),
        (MAX_FRAMES, None, None),
        (MAX_FRAMES + 50, None, [[125, 50]]),
        (10, [4, 9], [[4, 5]]),
        (10, [4, 4], None),
        (10, [9, 4], None),
        (10, [99, 199], [[10, 100]]),
        (10, "x", None),
        (10, [1], None),
        (10, [None, 4], None),
        (MAX_FRAMES + 50, [10, 30], [[10, 20], [125, 50]]),
        (MAX_FRAMES + 50, [140, 150], [[125, 60]]),
        (MAX_FRAMES + 50, [295, 300], [[125, 50], [245, 5]]),
    ],
)
def test_where_frames_are_missing(sent: int, left_out: Any, gaps: Any) -> None:
    kept = stack({"frames": [{"lineno": n} for n in range(sent)], "frames_omitted": left_out})
    assert kept.get("frames_omitted") == gaps
    assert len(kept["frames"]) == min(sent, MAX_FRAMES)


@given(
    st.lists(st.sampled_from([None, {}, [], 3, {"lineno": 1}]), max_size=600), st.integers(0, 700), st.integers(0, 9)
)
def test_gaps_are_within_the_kept_frames_and_lose_no_count(sent: list[Any], first: int, more: int) -> None:
    kept = stack({"frames": sent, "frames_omitted": [first, first + more]})
    gaps = kept.get("frames_omitted", [])
    assert all(0 <= at <= MAX_FRAMES and count > 0 for at, count in gaps)
    frames = len([each for each in sent if each])
    if kept and frames > MAX_FRAMES:
        assert sum(count for _, count in gaps) == frames - MAX_FRAMES + more


def test_the_mechanism_keeps_its_place_in_a_group_and_the_signal() -> None:
    mechanism = {"type": "chained", "handled": False, "exception_id": 2, "parent_id": 0, "source": "exceptions[1]",
                 "is_exception_group": True, "synthetic": True, "meta": {"signal": {"number": 11}},
                 "data": {"a": 1}, "description": "d", "help_link": "https://x"}  # fmt: skip
    assert exceptions({"exception": {"type": "E", "mechanism": mechanism}})[0]["mechanism"] == mechanism
    odd = {"type": 3, "handled": "no", "exception_id": -1, "source": None, "meta": [1]}
    assert exceptions({"exception": {"type": "E", "mechanism": odd}})[0]["mechanism"] == {"type": "3"}


@pytest.mark.parametrize(
    ("number", "parent", "source", "expected"),
    [
        (5, 0, "__cause__", 4),
        (2, 0, "__context__", 1),
        (1, 0, "__cause__", 0),
        (5, 3, "__cause__", 3),
        (5, 0, "exceptions[2]", 0),
        (5, 0, "cause", 0),
        (0, 0, "__cause__", 0),
    ],
)
def test_the_parent_of_a_cause_below_a_python_group(number: int, parent: int, source: str, expected: int) -> None:
    mechanism = {"exception_id": number, "parent_id": parent, "source": source}
    (link,) = exceptions({"exception": {"type": "E", "mechanism": mechanism}})
    assert link["mechanism"]["parent_id"] == expected


def chain_of(sizes: list[int], **more: Any) -> list[dict[str, Any]]:
    stacks = [{"frames": [{"lineno": n} for n in range(size)], **more} for size in sizes]
    return exceptions({"exception": [{"type": f"E{n}", "stacktrace": each} for n, each in enumerate(stacks)]})


def test_of_many_long_stacks_both_ends_are_kept_and_the_rest_is_told() -> None:
    kept = chain_of([MAX_FRAMES] * MAX_EXCEPTIONS)
    each = MAX_CHAIN_FRAMES // MAX_EXCEPTIONS
    assert [len(link["frames"]) for link in kept] == [each] * MAX_EXCEPTIONS
    assert [frame["lineno"] for frame in kept[0]["frames"]] == [*range(each // 2), *range(MAX_FRAMES - each // 2, 250)]
    assert kept[0]["frames_omitted"] == [[each // 2, MAX_FRAMES - each]]


@given(st.lists(st.integers(0, 400) | st.sampled_from([1000, 5000]), max_size=60))
@example([10] * 6 + [1000] * 3)  # three recursions among short stacks
def test_frames_of_a_chain_are_bounded_and_short_stacks_stay_whole(sizes: list[int]) -> None:
    kept = chain_of(sizes)
    frames = [len(link.get("frames", [])) for link in kept]
    assert sum(frames) <= MAX_CHAIN_FRAMES
    missing = [sum(gap for _, gap in link.get("frames_omitted", [])) for link in kept]
    most = max(frames, default=0)
    bounded = sizes if len(sizes) <= MAX_EXCEPTIONS else [*sizes[:25], *sizes[-25:]]
    assert frames == [min(size, most) for size in bounded]
    assert [size - n for size, n in zip(bounded, frames, strict=True)] == missing
    if sum(min(size, MAX_FRAMES) for size in bounded) <= MAX_CHAIN_FRAMES:
        assert frames == [min(size, MAX_FRAMES) for size in bounded]
