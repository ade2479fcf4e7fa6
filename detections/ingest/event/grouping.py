"""Groups events into issues, and explains the group (pure).

Order: the client's checksum or fingerprint; the in-app stack; type and parameterised value; the message's template;
the route. The hash
includes the version of the algorithm, so that another version opens a new issue for each group: a new version has to
keep the old algorithm and point the old fingerprints to the same issues (telemetry's `Grouping` rows).
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, NamedTuple

from detections.ingest.event.client_fingerprint import filled, is_default
from detections.ingest.event.parameterise import parameterise
from detections.ingest.event.text_grouping import by_text
from detections.ingest.protocol.coerce import Json

VERSION = 1
_HASHED_FILE = re.compile(r"[.-][0-9a-f]{6,}(?=\.)")
_ANONYMOUS = {"", "?", "<anonymous>", "anonymous", "<lambda>", "lambda"}


class EventGroup(NamedTuple):
    """The fingerprint (BLAKE2b-128, 32 hex digits) and its explanation: version, method and components."""

    fingerprint: str
    explanation: Json


def group(event: Json, route: str) -> EventGroup:
    """The group of a normalised, scrubbed event; it depends on this event only."""
    method, components = _default(event, route)
    client = event.get("fingerprint", [])
    if checksum := event.get("checksum"):
        method, components = "checksum", [checksum]
    elif not is_default(client):
        method, components = "client fingerprint", filled(client, components, event, route)
    return EventGroup(_digest(components), {"version": VERSION, "method": method, "components": components})


def _digest(components: list[str]) -> str:
    content = "\x1f".join((str(VERSION), *components))
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _default(event: Json, route: str) -> tuple[str, list[str]]:
    chain: list[Json] = event.get("exception", [])
    stacks = [(link.get("type", ""), _stack(link.get("frames", []))) for link in chain]
    if any(stack for _, stack in stacks):
        return "in-app stack", [part for kind, stack in stacks for part in (kind, *stack)]
    if chain:
        main = main_exception(event)
        return "type and value", [main.get("type", ""), parameterise(main.get("value", ""))]
    if not message(event) and (stack := _stack(event.get("frames", []))):
        return "stack", stack
    return by_text(event, route)


def _stack(frames: list[Json]) -> list[str]:
    """One line per in-app frame (all unmarked frames where none is in-app); repeated lines are merged."""
    own = [frame for frame in frames if frame.get("in_app")] or [f for f in frames if "in_app" not in f]
    lines: list[str] = []
    for frame in own:
        line = _frame(frame)
        if line and lines[-1:] != [line]:
            lines.append(line)
    return lines


def _frame(frame: Json) -> str:
    """Module (else file name without build hash), function and source line. Line numbers change with every edit."""
    function = frame.get("function", "")
    context = " ".join(frame.get("context_line", "").split())[:120]
    location = frame.get("module") or _file(frame.get("filename", ""))
    if function in _ANONYMOUS and not context:
        return location
    return " | ".join(part for part in (location, function, context) if part)


def _file(filename: str) -> str:
    name = filename.split("?", 1)[0].replace("\\", "/").rpartition("/")[2]
    return _HASHED_FILE.sub("", name)


def main_exception(event: Json) -> dict[str, Any]:
    """The reported exception, the last of the chain; {} when there is none."""
    chain: list[dict[str, Any]] = event.get("exception", [])
    return chain[-1] if chain else {}


def message(event: Json) -> str:
    """The formatted message; '' when there is none."""
    return str(event.get("message", {}).get("formatted", ""))
