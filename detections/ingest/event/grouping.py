"""Groups events into issues, and explains the group (pure).

Order: the client's fingerprint; the in-app stack, or all frames where none is in-app; type and parameterised value;
the message's template (`docs/decisions/0021-grouping.md`). The hash includes the version of the algorithm. After a
release a new version keeps the former algorithm, whose hash is asked only where the new one finds no issue.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from detections.ingest.event.parameterise import parameterise
from detections.ingest.event.stack_grouping import exception_group, frames_group, main_exception
from detections.ingest.protocol.coerce import Json

VERSION = 2
_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


class EventGroup(NamedTuple):
    """The fingerprint (BLAKE2b-128, 32 hex digits) and its explanation: version, method and components."""

    fingerprint: str
    explanation: Json


def group(event: Json, route: str) -> EventGroup:
    """The group of a normalised, scrubbed event; it depends on this event only."""
    method, components = _default(event)
    client = event.get("fingerprint", [])
    if client and not (len(client) == 1 and _DEFAULT.fullmatch(client[0])):
        method, components = "client fingerprint", _client(client, components, event, route)
    return EventGroup(_digest(components), {"version": VERSION, "method": method, "components": components})


def _digest(components: list[str]) -> str:
    content = "\x1f".join((str(VERSION), *components))
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _client(client: list[str], default: list[str], event: Json, route: str) -> list[str]:
    parts: list[str] = []
    for part in client:
        if _DEFAULT.fullmatch(part):
            parts += default
        else:
            parts.append(_VARIABLE.sub(lambda match: _variable(match.group(1), event, route), part))
    return parts


def _variable(name: str, event: Json, route: str) -> str:
    main = main_exception(event)
    values = {
        "type": main.get("type", ""),
        "value": main.get("value", ""),
        "message": message(event),
        "transaction": event.get("transaction", route),
        "level": event.get("level", ""),
        "logger": event.get("logger", ""),
    }
    return str(values.get(name, f"{{{{ {name} }}}}"))


def _default(event: Json) -> tuple[str, list[str]]:
    if found := exception_group(event):
        return found
    if not message(event) and (stack := frames_group(event.get("frames", []))):
        return "stack", stack
    text = event.get("message", {})
    return "message template", [text.get("template") or parameterise(text.get("formatted", ""))]


def message(event: Json) -> str:
    """The formatted message; '' when there is none."""
    return str(event.get("message", {}).get("formatted", ""))
