"""The parts of a stored event for its page (pure): exceptions with frames, breadcrumbs, request, user, contexts.

Reads the shape that `ingest.event.normalise` documents. What is missing or has another type is left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LONGEST_VALUE = 2000  # characters of a shown value; the raw JSON has all of it
_HIDDEN_USER = {"hash"}


@dataclass(frozen=True)
class SourceLine:
    """A line of source; `current` is the one that was executed."""

    number: int
    text: str
    current: bool


@dataclass(frozen=True)
class StackFrame:
    """One frame. `open` frames are shown unfolded: in-app ones, or the newest where none is in-app."""

    function: str
    where: str
    lineno: int | None
    in_app: bool
    open: bool
    lines: list[SourceLine]
    variables: list[tuple[str, str]]


@dataclass(frozen=True)
class FrameGroup:
    """Consecutive frames, newest call first; a `folded` group is shown as its number of frames."""

    frames: list[StackFrame]
    folded: bool


@dataclass(frozen=True)
class RaisedException:
    """One exception of the chain, with its frames in groups."""

    type: str
    value: str
    module: str
    handled: bool | None
    mechanism: str
    frame_groups: list[FrameGroup]


@dataclass(frozen=True)
class EventParts:
    """The parts of an event, the exception raised last first; a part is empty where the event has none."""

    exceptions: list[RaisedException]
    message: str = ""
    breadcrumbs: list[Json] = field(default_factory=list)
    request: list[tuple[str, str]] = field(default_factory=list)
    request_url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    user: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    contexts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    extra: list[tuple[str, str]] = field(default_factory=list)
    modules: list[tuple[str, str]] = field(default_factory=list)
    sdk: str = ""


def event_parts(body: Json) -> EventParts:
    """The parts of a stored event."""
    request = _mapping(body.get("request"))
    sdk = _mapping(body.get("sdk"))
    return EventParts(
        exceptions=_exceptions(body),
        message=value_text(_mapping(body.get("message")).get("formatted") or ""),
        breadcrumbs=[_breadcrumb(each) for each in reversed(_list(body.get("breadcrumbs")))],
        request=_pairs({name: request.get(name) for name in ("query_string", "data", "cookies", "env")}),
        request_url=f"{request.get('method') or ''} {request.get('url') or ''}".strip(),
        headers=_pairs(request.get("headers")),
        user=[pair for pair in _pairs(body.get("user")) if pair[0] not in _HIDDEN_USER],
        tags=sorted(_pairs(body.get("tags"))),
        contexts=[(name, _pairs(each)) for name, each in _mapping(body.get("contexts")).items() if _pairs(each)],
        extra=_pairs(body.get("extra")),
        modules=sorted(_pairs(body.get("modules"))),
        sdk=f"{sdk.get('name') or ''} {sdk.get('version') or ''}".strip(),
    )


def value_text(value: Any) -> str:
    """A value as text: text as it is, anything else as JSON; shortened when very long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def _exceptions(body: Json) -> list[RaisedException]:
    """The chain, the exception raised last first (SDKs send the cause first)."""
    chain = [_raised(each) for each in _list(body.get("exception"))]
    if not chain and body.get("frames"):
        chain = [RaisedException("", "", "", None, "", fold(_frames(_list(body.get("frames")))))]
    return chain[::-1]


def _raised(each: Json) -> RaisedException:
    mechanism = _mapping(each.get("mechanism"))
    handled = mechanism.get("handled")
    return RaisedException(
        type=str(each.get("type") or ""),
        value=value_text(each.get("value") or ""),
        module=str(each.get("module") or ""),
        handled=handled if isinstance(handled, bool) else None,
        mechanism=str(mechanism.get("type") or ""),
        frame_groups=fold(_frames(_list(each.get("frames")))),
    )


def _frames(sent: list[Json]) -> list[StackFrame]:
    """Newest call first. Where no frame is in-app, the newest one is open."""
    own = any(each.get("in_app") for each in sent)
    newest = len(sent) - 1
    return [_frame(each, bool(each.get("in_app")) or (not own and index == newest)) for index, each in enumerate(sent)][
        ::-1
    ]


def _frame(each: Json, is_open: bool) -> StackFrame:
    lineno = each.get("lineno")
    return StackFrame(
        function=str(each.get("function") or "?"),
        where=str(each.get("filename") or each.get("abs_path") or each.get("module") or "?"),
        lineno=lineno if isinstance(lineno, int) else None,
        in_app=bool(each.get("in_app")),
        open=is_open,
        lines=_lines(each),
        variables=_pairs(each.get("vars")),
    )


def _lines(each: Json) -> list[SourceLine]:
    current = each.get("context_line")
    if not isinstance(current, str):
        return []
    before, after = _texts(each.get("pre_context")), _texts(each.get("post_context"))
    at = each.get("lineno")
    first = (at if isinstance(at, int) else 1) - len(before)
    return [SourceLine(first + i, text, i == len(before)) for i, text in enumerate([*before, current, *after])]


def fold(frames: list[StackFrame]) -> list[FrameGroup]:
    """Consecutive frames grouped by whether they are open."""
    groups: list[FrameGroup] = []
    for frame in frames:
        if groups and groups[-1].folded != frame.open:
            groups[-1].frames.append(frame)
        else:
            groups.append(FrameGroup([frame], not frame.open))
    return groups


def _breadcrumb(each: Json) -> Json:
    return {
        "timestamp": str(each.get("timestamp") or ""),
        "level": str(each.get("level") or "info"),
        "category": str(each.get("category") or each.get("type") or ""),
        "message": value_text(each.get("message") or ""),
        "data": _pairs(each.get("data")),
    }


def _pairs(value: Any) -> list[tuple[str, str]]:
    return [(str(name), value_text(each)) for name, each in _mapping(value).items() if each not in (None, "", {}, [])]


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
