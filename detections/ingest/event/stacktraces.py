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
from opsconsole.lib.text.visible import visible

MAX_EXCEPTIONS = 50
# Sentry's limit; a recursion error has a thousand equal frames.
MAX_FRAMES = 250
# Characters. Python's SDK shortens values to 1 KiB; a long SQL statement has about 4.
MAX_VALUE = 8192
_CONTEXT_LINES = 10
_MAX_LINE = 400


def exceptions(payload: Json) -> list[Json]:
    """The chain of exceptions, cause first, the reported one last.

    Each: type, value, module, mechanism {type, handled, synthetic, exception_id, parent_id, is_exception_group,
    source, description, help_link, meta, data}, frames (oldest call first). Old payloads have one object instead of a
    list, or the stack beside the exception.
    """
    chain = [_exception(item) for item in middle(values(payload.get("exception")), MAX_EXCEPTIONS)]
    chain = [item for item in chain if item]
    separate = frames(payload.get("stacktrace") or payload.get("sentry.interfaces.Stacktrace"))
    if separate and len(chain) == 1 and "frames" not in chain[0]:
        chain[0]["frames"] = separate
    return chain


def frames_without_exception(payload: Json) -> list[Json]:
    """The stack of an event without exception: at the top level, or of the crashed or current thread."""
    direct = frames(payload.get("stacktrace") or payload.get("sentry.interfaces.Stacktrace"))
    if direct:
        return direct
    threads = values(payload.get("threads"))
    threads.sort(key=lambda thread: not (thread.get("crashed") or thread.get("current")))
    return next((stack for thread in threads if (stack := frames(thread.get("stacktrace")))), [])


def _exception(item: Json) -> Json:
    return without_empty(
        {
            "type": line(item.get("type"), 200),
            "value": text(item.get("value"), MAX_VALUE),
            "module": line(item.get("module"), 200),
            "mechanism": _mechanism(mapping(item.get("mechanism"))),
            "frames": frames(item.get("stacktrace")) or frames(item.get("raw_stacktrace")),
        }
    )


def _mechanism(sent: Json) -> Json:
    """How the exception was caught, and its place in a tree of exceptions: Sentry's names, without what is empty."""
    mechanism = texts(sent, _MECHANISM_TEXTS)
    for name in ("exception_id", "parent_id"):
        if (value := number(sent.get(name))) is not None:
            mechanism[name] = value
    for name in ("handled", "synthetic", "is_exception_group"):
        if (given := flag(sent.get(name))) is not None:
            mechanism[name] = given
    for name in ("meta", "data"):
        if details := mapping(sent.get(name)):
            mechanism[name] = details
    return mechanism


def frames(stacktrace: Any) -> list[Json]:
    """Frames of a stack trace (object with `frames`, or the list itself); null frames are left out."""
    items = stacktrace.get("frames") if isinstance(stacktrace, dict) else stacktrace
    if not isinstance(items, list):
        return []
    return [_frame(item) for item in middle(items, MAX_FRAMES) if isinstance(item, dict) and item]


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
    for name in ("pre_context", "post_context"):
        lines = get(name)
        if isinstance(lines, list) and lines:
            frame[name] = [_line(entry) for entry in lines[:_CONTEXT_LINES]]
    if (source := item.get("context_line")) not in (None, ""):
        frame["context_line"] = _line(source)
    in_app = get("in_app")
    if isinstance(in_app, bool):
        frame["in_app"] = in_app
    variables = get("vars")
    if isinstance(variables, (dict, list)) and variables:
        frame["vars"] = mapping(variables)
    return frame


_FRAME_TEXTS = (
    ("function", 300),
    ("module", 300),
    ("filename", 400),
    ("abs_path", 600),
)


_MECHANISM_TEXTS = (("type", 100), ("source", 200), ("description", 500), ("help_link", 500))


def _line(source: Any) -> str:
    """A line of source, which is not scrubbed as prose is."""
    if type(source) is str:
        return source if len(source) <= _MAX_LINE else cut(source, _MAX_LINE)
    return text(source, _MAX_LINE)
