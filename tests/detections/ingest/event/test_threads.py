"""Whose stack an exception without one has, and which threads are kept."""

from __future__ import annotations

from typing import Any

import pytest

from detections.ingest.event.normalise import normalise
from detections.ingest.event.stacktraces import MAX_CHAIN_FRAMES, MAX_FRAMES
from detections.ingest.event.threads import MAX_THREAD_FRAMES, MAX_THREADS


def stack(*functions: str) -> dict[str, Any]:
    return {"frames": [{"function": each} for each in functions]}


def thread(number: Any, *functions: str, **fields: Any) -> dict[str, Any]:
    return {"id": number, **({"stacktrace": stack(*functions)} if functions else {}), **fields}


def functions(holder: dict[str, Any]) -> list[str]:
    return [each["function"] for each in holder.get("frames", [])]


MAIN, CRASHED = thread(1, "idle", name="main"), thread(7, "run", "fill", name="worker", crashed=True)


@pytest.mark.parametrize("wrap", [lambda threads: {"values": threads}, lambda threads: threads])
@pytest.mark.parametrize(
    ("exception", "threads", "taken"),
    [
        ({"thread_id": 7}, [MAIN, CRASHED], "7"),
        ({"thread_id": "7"}, [MAIN, CRASHED], "7"),
        ({"thread_id": 1}, [MAIN, CRASHED], "1"),
        ({}, [MAIN, CRASHED], "7"),
        ({"thread_id": 99}, [MAIN, CRASHED], "7"),  # no such thread
        ({"thread_id": 3}, [thread(3), MAIN, CRASHED], "7"),  # without a stack
        ({}, [MAIN, thread(2, "now", current=True)], "2"),
        ({}, [thread(2, "now", current=True), CRASHED], "7"),
        ({}, [MAIN], "1"),
        ({"thread_id": 2**63 + 5}, [MAIN, thread(2**63 + 5, "big")], str(2**63 + 5)),
        ({}, [MAIN, thread(2, "other")], None),  # neither tells
    ],
)
def test_an_exception_without_frames_has_the_stack_of_its_thread(
    wrap: Any, exception: Any, threads: list[Any], taken: str | None
) -> None:
    event = normalise({"exception": {"type": "E", **exception}, "threads": wrap(threads)})
    (link,) = event["exception"]
    by_id = {str(each["id"]): each for each in threads}
    assert functions(link) == (functions(by_id[taken]["stacktrace"]) if taken else [])
    assert [each["id"] for each in event["threads"] if "stack_of" in each] == ([taken] if taken else [])
    assert [each["id"] for each in event["threads"]] == [str(each["id"]) for each in threads]
    if taken:
        assert link["thread_id"] == taken


def test_an_exception_keeps_its_own_frames_and_the_thread_its() -> None:
    own = {"type": "E", "thread_id": 7, "stacktrace": stack("own")}
    event = normalise({"exception": own, "threads": [MAIN, CRASHED]})
    assert functions(event["exception"][0]) == ["own"]
    assert [functions(each) for each in event["threads"]] == [["idle"], ["run", "fill"]]


def test_a_thread_gives_its_stack_to_one_exception_the_reported_one() -> None:
    chain = [{"type": "Cause", "thread_id": 7}, {"type": "Reported", "thread_id": 7}]
    event = normalise({"exception": chain, "threads": [MAIN, CRASHED]})
    assert [functions(each) for each in event["exception"]] == [[], ["run", "fill"]]
    chain[1]["stacktrace"] = stack("own")
    event = normalise({"exception": chain, "threads": [MAIN, CRASHED]})
    assert [functions(each) for each in event["exception"]] == [[], ["own"]]


def test_the_stack_beside_an_exception_is_before_that_of_a_thread() -> None:
    payload = {"exception": {"type": "E"}, "stacktrace": stack("beside"), "threads": [CRASHED]}
    assert functions(normalise(payload)["exception"][0]) == ["beside"]


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        ([MAIN, CRASHED], ["run", "fill"]),
        ([thread(2, "other"), thread(3, "ui", main=True)], ["ui"]),
        ([thread(2), thread(3, "first"), thread(4, "second")], ["first"]),
        ([thread(2, crashed=True), thread(3, "now", current=True)], ["now"]),
    ],
)
def test_a_message_has_the_stack_of_a_thread(threads: list[Any], expected: list[str]) -> None:
    event = normalise({"message": "slow", "threads": {"values": threads}})
    assert functions(event) == expected
    assert [each["stack_of"] for each in event["threads"] if "stack_of" in each] == ["event"]


def test_flags_state_and_locks_are_kept() -> None:
    sent = thread(1, name="main", main=True, crashed=False, state="BLOCKED", held_locks={"0x1": {"type": 1}})
    assert normalise({"threads": [sent]})["threads"] == [
        {"id": "1", "name": "main", "state": "BLOCKED", "main": True, "held_locks": {"0x1": {"type": 1}}}
    ]


def test_many_threads_are_bounded_and_the_crashed_one_is_kept() -> None:
    threads = [thread(number, *["f"] * 100) for number in range(400)]
    threads[399]["crashed"] = True
    event = normalise({"threads": threads})
    kept = event["threads"]
    assert len(kept) == MAX_THREADS
    assert kept[-1]["id"] == "399"
    assert len(event["frames"]) == 100
    assert sum(len(each.get("frames", [])) for each in kept) == MAX_THREAD_FRAMES
    assert kept[-2]["frames_omitted"] == [[0, 100]]
    assert event["left_out"]["threads"] == 400 - MAX_THREADS


def test_frames_are_bounded_where_every_thread_is_marked_or_named_by_an_exception() -> None:
    many = [f"f{n}" for n in range(MAX_FRAMES)]
    crashed = normalise({"threads": [thread(n, *many, crashed=True) for n in range(50)]})
    assert sum(len(each.get("frames", [])) for each in crashed["threads"]) == MAX_THREAD_FRAMES
    named = normalise(
        {
            "exception": [{"type": "E", "thread_id": n} for n in range(50)],
            "threads": [thread(n, *many) for n in range(50)],
        }
    )
    assert sum(len(each["frames"]) for each in named["exception"]) == MAX_CHAIN_FRAMES
    assert named["exception"][0]["frames_omitted"] == [[20, MAX_FRAMES - 40]]


@pytest.mark.parametrize("threads", [None, 3, "x", [], [None], {"values": None}, {"values": [3]}, [{"id": [1]}]])
def test_odd_threads_are_no_error(threads: Any) -> None:
    assert normalise({"exception": {"type": "E"}, "threads": threads})["exception"] == [{"type": "E"}]
