"""Threads of an event, and whose stack an exception or message without one of its own has (pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detections.ingest.event.stacktraces import MAX_CHAIN_FRAMES, MAX_FRAMES, exceptions, stack
from detections.ingest.protocol.coerce import Json, flag, line, mapping, texts, values, without_empty

# A JVM of an application server has some hundred threads.
MAX_THREADS = 250
# Frames of all threads together, besides those of the exceptions' threads: of those that are marked as crashed or
# current, which come first, and of all others.
MAX_THREAD_FRAMES = 2000


def stacks(payload: Json) -> Json:
    """`exception`, `frames` (of an event without exception; with `frames_omitted` and `thread_id`) and `threads`.

    An exception without frames has those of the thread that it names. Where none of the chain has frames then, the
    reported one has the stack beside it, or that of the crashed thread, the current one or the only one. Such a thread
    is kept without frames, with `stack_of` (`exception` or `event`).
    """
    chain = exceptions(payload)
    direct = stack(payload.get("stacktrace"))
    threads = _Threads(payload.get("threads")) if payload.get("threads") else None
    if chain:
        _complete(chain, direct, threads)
    elif not direct and threads:
        direct = threads.stack_without_exception()
    result: Json = {"exception": chain, **({} if chain else direct)}
    if threads:
        result["threads"] = threads.listed()
    return result


def _complete(chain: list[Json], direct: Json, threads: _Threads | None) -> None:
    """Gives stacks to exceptions without frames, in place; that of a thread to one, the reported one first."""
    if direct and not any("frames" in link for link in chain):
        chain[-1].update(direct)
    if threads is None:
        return
    taken = {link.get("thread_id") for link in chain if "frames" in link}
    most = min(MAX_FRAMES, MAX_CHAIN_FRAMES // len(chain))
    for link in reversed(chain):
        name = link.get("thread_id")
        if name and name not in taken:
            taken.add(name)
            link.update(threads.stack_of(name, most))
    if not any("frames" in link for link in chain):
        chain[-1].update(threads.stack_of_event())


class _Threads:
    """The threads as sent, and which of their stacks the exceptions or the event have."""

    def __init__(self, sent: Any) -> None:
        self.sent = values(sent)
        self._taken: dict[int, str] = {}  # index to whose stack it is

    def stack_of(self, thread_id: str, most: int) -> Json:
        """At most so many frames of the thread with this id for its exception; {} where it has none."""
        return self._first(lambda thread: _id(thread) == thread_id, "exception", most)

    def stack_of_event(self, whose: str = "exception") -> Json:
        """The stack of the crashed thread, else of the current one, else of the only one, and its `thread_id`."""
        return (
            self._first(lambda thread: thread.get("crashed") is True, whose)
            or self._first(lambda thread: thread.get("current") is True, whose)
            or (self._first(lambda _: True, whose) if len(self.sent) == 1 else {})
        )

    def stack_without_exception(self) -> Json:
        """As `stack_of_event`, else of the main thread, else of the first that has one."""
        return (
            self.stack_of_event("event")
            or self._first(lambda thread: thread.get("main") is True, "event")
            or self._first(lambda _: True, "event")
        )

    def _first(self, wanted: Callable[[Json], bool], whose: str, most: int = MAX_FRAMES) -> Json:
        for index, thread in enumerate(self.sent):
            if wanted(thread) and (found := _stack(thread, most)):
                self._taken[index] = whose
                return found | without_empty({"thread_id": _id(thread)})
        return {}

    def listed(self) -> list[Json]:
        """At most MAX_THREADS threads as sent, those of exceptions, crashed and current ones before all others."""
        order = sorted(range(len(self.sent)), key=lambda index: not self._matters(index))[:MAX_THREADS]
        kept: dict[int, Json] = {}
        room = {True: MAX_THREAD_FRAMES, False: MAX_THREAD_FRAMES}
        for index in order:
            kept[index] = self._thread(index, room[self._matters(index)])
            room[self._matters(index)] -= len(kept[index].get("frames", []))
        return [kept[index] for index in sorted(kept)]

    def _matters(self, index: int) -> bool:
        thread = self.sent[index]
        return index in self._taken or thread.get("crashed") is True or thread.get("current") is True

    def _thread(self, index: int, room: int) -> Json:
        """Name, flags and state of a thread; its frames unless they are kept elsewhere or there is no more room."""
        sent = self.sent[index]
        thread = without_empty({"id": _id(sent), **texts(sent, (("name", 200), ("state", 40)))})
        thread |= {name: True for name in ("crashed", "current", "main") if flag(sent.get(name))}
        if locks := mapping(sent.get("held_locks")):
            thread["held_locks"] = locks
        if index in self._taken:
            thread["stack_of"] = self._taken[index]
        elif found := _stack(sent) if room > 0 else {}:
            thread |= found
        elif left_out := _frames_sent(sent):
            thread["frames_omitted"] = [[0, left_out]]
        return thread


def _id(thread: Json) -> str:
    return line(thread.get("id"), 40)


def _stack(thread: Json, most: int = MAX_FRAMES) -> Json:
    return stack(thread.get("stacktrace"), most) or stack(thread.get("raw_stacktrace"), most)


def _frames_sent(thread: Json) -> int:
    items = mapping(thread.get("stacktrace")).get("frames")
    return len(items) if isinstance(items, list) else 0
