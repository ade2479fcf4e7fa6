"""Groups events into issues, and explains the group (pure).

Order: the client's checksum or fingerprint; the in-app stack, or all frames of exceptions where none is in-app; type
and parameterised value; the message's template; the route (`docs/decisions/0021-grouping.md`). The hash includes the
version of the algorithm. After a release a new version keeps the former algorithm, whose hash is asked only where the
new one finds no issue.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from detections.ingest.event.client_fingerprint import filled, is_default
from detections.ingest.event.stack_grouping import exception_group, frames_group
from detections.ingest.event.text_grouping import by_text
from detections.ingest.protocol.coerce import Json

VERSION = 2
# Characters of the components in an explanation, which is kept with each issue.
MAX_EXPLANATION = 64 * 1024


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
    return EventGroup(_digest(components), {"version": VERSION, "method": method, "components": _shown(components)})


def _shown(components: list[str]) -> list[str]:
    """The components as far as a page can show them; fifty exceptions with long stacks have megabytes of them."""
    size = 0
    for number, component in enumerate(components):
        size += len(component)
        if size > MAX_EXPLANATION:
            return [*components[:number], f"… {len(components) - number} more"]
    return components


def _digest(components: list[str]) -> str:
    content = "\x1f".join((str(VERSION), *components))
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _default(event: Json, route: str) -> tuple[str, list[str]]:
    if found := exception_group(event):
        return found
    own, stack = frames_group(event.get("frames", []))
    if stack and (own or not message(event)):
        return "in-app stack" if own else "stack", stack
    return by_text(event, route)


def message(event: Json) -> str:
    """The formatted message; '' when there is none."""
    return str(event.get("message", {}).get("formatted", ""))
