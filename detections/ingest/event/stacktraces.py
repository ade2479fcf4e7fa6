"""Normalises exceptions and stack traces of all SDKs to one shape (pure)."""

from __future__ import annotations

from typing import Any

from detections.ingest.protocol.coerce import (
    Json,
    cut,
    flag,
    line,
    mapping,
    middle,
    number,
    text,
    texts,
    values,
    without_empty,
)
from detections.ingest.protocol.interface_names import with_field_names
from opsconsole.lib.text.visible import visible

MAX_EXCEPTIONS = 50
# Sentry's limit; a recursion error has a thousand equal frames.
MAX_FRAMES = 250
# Of all exceptions of an event: reading, scrubbing and grouping 2,000 different frames takes 0.1 s. Eight stacks of the
# most frames are kept whole; of more, each short one, and of the long ones both ends.
MAX_CHAIN_FRAMES = 2000
# Characters. Python's SDK shortens values to 1 KiB; a long SQL statement has about 4.
MAX_VALUE = 8192
_CONTEXT_LINES = 10
_MAX_LINE = 400


def exceptions(payload: Json) -> list[Json]:
    """The chain of exceptions, cause first, the reported one last.

    Each: type, value, module, mechanism {type, handled, synthetic, exception_id, parent_id, is_exception_group,
    source, description, help_link, meta, data}, thread_id, frames and frames_omitted (see `stack`).
    """
    sent = [with_field_names(item) for item in middle(values(payload.get("exception")), MAX_EXCEPTIONS)]
    most = _most_frames(sent) if len(sent) * MAX_FRAMES > MAX_CHAIN_FRAMES else MAX_FRAMES
    chain = [_exception(item, most) for item in sent]
    return [item for item in chain if item]


def _most_frames(sent: list[Json]) -> int:
    """How many frames each of the exceptions may keep, so that all have MAX_CHAIN_FRAMES at most."""
    room = MAX_CHAIN_FRAMES
    sizes = sorted(max(_size(item.get(name)) for name in ("stacktrace", "raw_stacktrace")) for item in sent)
    for number_before, size in enumerate(min(size, MAX_FRAMES) for size in sizes):
        share = room // (len(sizes) - number_before)
        if size > share:
            return share
        room -= size
    return MAX_FRAMES


def _size(stacktrace: Any) -> int:
    """How many frames were sent."""
    items = stacktrace.get("frames") if isinstance(stacktrace, dict) else stacktrace
    return len(items) if isinstance(items, list) else 0


def _exception(item: Json, most: int) -> Json:
    return without_empty(
        {
            "type": line(item.get("type"), 200),
            "value": text(item.get("value"), MAX_VALUE),
            "module": line(item.get("module"), 200),
            "mechanism": _mechanism(mapping(item.get("mechanism"))),
            "thread_id": line(item.get("thread_id"), 40),
            **(stack(item.get("stacktrace"), most) or stack(item.get("raw_stacktrace"), most)),
        }
    )


def _mechanism(sent: Json) -> Json:
    """How the exception was caught, and its place in a tree of exceptions: Sentry's names, without what is empty."""
    mechanism = texts(sent, _MECHANISM_TEXTS)
    for name in ("exception_id", "parent_id"):
        if (value := number(sent.get(name))) is not None:
            mechanism[name] = value
    if mechanism.get("source") in _PYTHON_CAUSES and mechanism.get("parent_id") == 0 and mechanism.get("exception_id"):
        # Python's SDK says 0 for each cause below a group; it numbers a cause right after its exception.
        mechanism["parent_id"] = mechanism["exception_id"] - 1
    for name in ("handled", "synthetic", "is_exception_group"):
        if (given := flag(sent.get(name))) is not None:
            mechanism[name] = given
    for name in ("meta", "data"):
        if details := mapping(sent.get(name)):
            mechanism[name] = details
    return mechanism


def stack(stacktrace: Any, most: int = MAX_FRAMES) -> Json:
    """At most so many `frames` (oldest call first) of a stack trace (object with `frames`, or the list itself), without
    null ones.

    Where frames are missing, because the SDK or the limit left them out, `frames_omitted` has a pair for each gap: how
    many of the kept frames are before it, and how many are missing.
    """
    items = stacktrace.get("frames") if isinstance(stacktrace, dict) else stacktrace
    if not isinstance(items, list):
        return {}
    if len(items) > most:
        items = [item for item in items if item]
    kept = [_frame(item) for item in middle(items, most) if isinstance(item, dict) and item]
    if not kept:
        return {}
    left_out = stacktrace.get("frames_omitted") if isinstance(stacktrace, dict) else None
    if left_out is None and len(items) <= most:
        return {"frames": kept}
    return without_empty({"frames": kept, "frames_omitted": _gaps(left_out, len(items), most)})


def frames(stacktrace: Any) -> list[Json]:
    """The frames of `stack`."""
    kept: list[Json] = stack(stacktrace).get("frames", [])
    return kept


def _gaps(left_out: Any, sent: int, most: int) -> list[list[int]]:
    """The gaps of `stack`, from `frames_omitted` as SDKs send it (index of the first missing frame, index after the
    last), the number of frames sent and the most that are kept."""
    cut, half = max(sent - most, 0), most // 2
    gaps = {half: cut} if cut else {}
    bounds = [number(each) for each in left_out] if isinstance(left_out, list) else []
    if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None and bounds[0] < bounds[1]:
        first, end = bounds[0], bounds[1]
        at = first if first <= half or not cut else max(half, first - cut)
        at = min(at, sent - cut)
        gaps[at] = gaps.get(at, 0) + end - first
    return [list(gap) for gap in sorted(gaps.items())]


def _frame(item: Json) -> Json:
    get = item.get
    frame = texts(item, _FRAME_TEXTS)
    for name, value in frame.items():
        if not value.isascii():
            frame[name] = visible(value)
    for name in ("lineno", "colno"):
        value = number(get(name))
        if value is not None:
            frame[name] = value
    if "context_line" in item or "pre_context" in item:
        _add_source(frame, item)
    if "instruction_addr" in item or "package" in item or "lock" in item:
        frame.update(_binary(item))
    in_app = get("in_app")
    if isinstance(in_app, bool):
        frame["in_app"] = in_app
    variables = get("vars")
    if isinstance(variables, (dict, list)) and variables:
        frame["vars"] = mapping(variables)
    return frame


def _add_source(frame: Json, item: Json) -> None:
    """Adds the current line of source and the lines next to it."""
    if isinstance(before := item.get("pre_context"), list) and before:
        frame["pre_context"] = [_line(entry) for entry in before[-_CONTEXT_LINES:]]
    if isinstance(after := item.get("post_context"), list) and after:
        frame["post_context"] = [_line(entry) for entry in after[:_CONTEXT_LINES]]
    if (source := item.get("context_line")) not in (None, ""):
        frame["context_line"] = _line(source)


_FRAME_TEXTS = (
    ("function", 300),
    ("module", 300),
    ("filename", 400),
    ("abs_path", 600),
)


# Of frames of compiled code: the file that has the code, and the address in it.
_BINARY_TEXTS = (
    ("package", 600),
    ("symbol", 300),
    ("addr_mode", 40),
    ("platform", 64),
)
_ADDRESSES = ("instruction_addr", "symbol_addr", "image_addr")


def _binary(item: Json) -> Json:
    """Package, addresses (as `0x…`) and lock of a frame of compiled code, or of a thread that waits."""
    found = texts(item, _BINARY_TEXTS)
    found |= {name: address(item[name]) for name in _ADDRESSES if item.get(name) is not None}
    if lock := mapping(item.get("lock")):
        found["lock"] = lock
    return found


def address(value: Any) -> str:
    """An address of memory as SDKs send it, in text or as an integer."""
    return hex(value) if type(value) is int and value >= 0 else line(value, 40)


_PYTHON_CAUSES = ("__cause__", "__context__")
_MECHANISM_TEXTS = (("type", 100), ("source", 200), ("description", 500), ("help_link", 500))


def _line(source: Any) -> str:
    """A line of source, which is not scrubbed as prose is."""
    if type(source) is str:
        return source if len(source) <= _MAX_LINE else cut(source, _MAX_LINE)
    return text(source, _MAX_LINE)
