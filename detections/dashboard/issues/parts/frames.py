"""Stack traces of an event for its page (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from detections.dashboard.issues.parts.values import Json, mapping, objects, pairs, texts, value_text, whole


@dataclass(frozen=True)
class SourceLine:
    """A line of source; `current` is the one that was executed. No number where the frame has none."""

    number: int | None
    text: str
    current: bool


@dataclass(frozen=True)
class StackFrame:
    """One frame. `where` is the file with line and column; `notes` tell the module, binary and address besides."""

    function: str
    where: str
    notes: list[str]
    in_app: bool
    open: bool
    lines: list[SourceLine]
    variables: list[tuple[str, str]]


@dataclass(frozen=True)
class FrameGroup:
    """Consecutive frames, newest call first; a `folded` group is shown as its number of frames.

    `missing` is the number of frames that were left out; such a group has no frames.
    """

    frames: list[StackFrame]
    folded: bool = False
    missing: int = 0


def frame_groups(holder: Json) -> list[FrameGroup]:
    """The `frames` of an exception, a thread or an event in groups, with the gaps of `frames_omitted`."""
    sent = objects(holder.get("frames"))
    gaps = _gaps(holder.get("frames_omitted"))
    shown = [_frame(each, is_open) for each, is_open in zip(sent, _open(sent), strict=True)]
    groups: list[FrameGroup] = []
    for index in range(len(shown), -1, -1):
        if index < len(shown):
            _add(groups, shown[index])
        if missing := gaps.get(index, 0):
            groups.append(FrameGroup([], missing=missing))
    return groups


def _gaps(sent: Any) -> dict[int, int]:
    """How many frames are missing, by how many kept ones are before them."""
    each_pair = sent if isinstance(sent, list) else []
    pairs_of = [each for each in each_pair if isinstance(each, list) and len(each) == 2]
    return {at: missing for at, missing in pairs_of if whole(at) is not None and whole(missing)}


def _add(groups: list[FrameGroup], frame: StackFrame) -> None:
    """Adds the frame to the last group, or to a new one where that is folded and the frame open, or the reverse."""
    if groups and groups[-1].frames and groups[-1].folded != frame.open:
        groups[-1].frames.append(frame)
    else:
        groups.append(FrameGroup([frame], not frame.open))


def _open(sent: list[Json]) -> list[bool]:
    """Which frames are unfolded: in-app ones; where none is, those without a mark, which group the event then; where
    all are marked as libraries' the newest one."""
    for chosen in ([each.get("in_app") is True for each in sent], [not _is_marked(each) for each in sent]):
        if any(chosen):
            return chosen
    return [index == len(sent) - 1 for index in range(len(sent))]


def _is_marked(frame: Json) -> bool:
    return isinstance(frame.get("in_app"), bool)


def _frame(each: Json, is_open: bool) -> StackFrame:
    address = str(each.get("instruction_addr") or "")
    file = str(each.get("filename") or each.get("abs_path") or each.get("module") or each.get("package") or "?")
    lock = {"lock": each["lock"]} if each.get("lock") else {}
    return StackFrame(
        function=str(each.get("function") or each.get("symbol") or address or "?"),
        where=file + _position(each),
        notes=_notes(each, file, address),
        in_app=each.get("in_app") is True,
        open=is_open,
        lines=_lines(each),
        variables=pairs(each.get("vars")) + pairs(lock),
    )


def _position(each: Json) -> str:
    """`:line` or `:line:column`: minified files have one line. A column 0 is unknown."""
    line, column = whole(each.get("lineno")), whole(each.get("colno"))
    if line is None:
        return ""
    return f":{line}:{column}" if column else f":{line}"


def _notes(each: Json, file: str, address: str) -> list[str]:
    """The module where the file does not tell it, the binary, and the address."""
    module, package = str(each.get("module") or ""), str(each.get("package") or "")
    notes = []
    if module and module != file and module.replace(".", "/") not in file.replace("\\", "/"):
        notes.append(module)
    if package and package != file:
        notes.append(package.replace("\\", "/").rpartition("/")[2] or package)
    if address and (each.get("function") or each.get("symbol")):
        notes.append(address)
    return notes


def _lines(each: Json) -> list[SourceLine]:
    before, after = texts(each.get("pre_context")), texts(each.get("post_context"))
    current = each.get("context_line")
    if not isinstance(current, str):
        if not before and not after:
            return []
        current = ""  # an empty line is not stored
    at = whole(each.get("lineno"))
    numbers = [at + offset if at else 0 for offset in range(-len(before), len(after) + 1)]
    return [
        SourceLine(number if number > 0 else None, text, index == len(before))
        for index, (number, text) in enumerate(zip(numbers, [*before, current, *after], strict=True))
    ]


@dataclass(frozen=True)
class ThreadShown:
    """A thread. `marks` are crashed, current, main and its state; `note` says where its stack is shown instead."""

    name: str
    marks: list[str]
    open: bool
    note: str
    frame_groups: list[FrameGroup]
    locks: list[tuple[str, str]] = field(default_factory=list)


_NOTES = {"exception": "Its stack is shown with the exception.", "event": "Its stack is shown above."}


def thread_list(body: Json) -> list[ThreadShown]:
    """The threads, crashed ones first, then the current one and the main one; none where one thread has nothing more
    to tell than the stack that is shown already."""
    sent = objects(body.get("threads"))
    if len(sent) < 2 and not any(each.get("frames") for each in sent):
        return []
    sent.sort(key=lambda each: (not each.get("crashed"), not each.get("current"), not each.get("main")))
    raised = {str(each["thread_id"]) for each in objects(body.get("exception")) if each.get("thread_id")}
    return [_thread(each, index == 0, raised) for index, each in enumerate(sent)]


def _thread(each: Json, first: bool, raised: set[str]) -> ThreadShown:
    """`raised`: the ids of threads that an exception was raised in."""
    has_own = each.get("frames") or each.get("frames_omitted")
    whose = "exception" if not has_own and str(each.get("id")) in raised else each.get("stack_of")
    state = str(each.get("state") or "")
    return ThreadShown(
        name=thread_name(each),
        marks=[mark for mark in ("crashed", "current", "main") if each.get(mark) is True] + ([state] if state else []),
        open=first and each.get("crashed") is True,
        note=_NOTES.get(value_text(whose or ""), ""),
        frame_groups=frame_groups(each),
        locks=pairs({name: _lock(lock) for name, lock in mapping(each.get("held_locks")).items()}),
    )


def _lock(lock: Any) -> Any:
    """`Held 0x… (java.lang.Object)`-like text of a lock where it has the fields that Android's SDK sends."""
    of = mapping(lock)
    named = ".".join(str(of[name]) for name in ("package_name", "class_name") if of.get(name))
    return named or lock


def thread_name(thread: Json) -> str:
    """`worker (7)`, `worker` or `thread 7`."""
    name, number = str(thread.get("name") or ""), str(thread.get("id") or "")
    if name and number and name != number:
        return f"{name} ({number})"
    return name or (f"thread {number}" if number else "thread without a name")
