"""The fields that signatures match besides the message: the chain of exceptions and the frames' places (pure).

The reported exception often only wraps the cause: `PreviewError` raised from `RuntimeError: … returned 403`.
"""

from __future__ import annotations

from collections.abc import Iterator

from detections.ingest.protocol.coerce import Json, text

# Of a longer chain the reported exceptions are kept, not the causes below ten wrappers.
MAX_CHAIN = 10
# Characters of a value; what identifies a failure is at its beginning.
MAX_VALUE = 1000
# In-app places come first, so that a deep stack of libraries displaces none of them.
MAX_PLACES = 50
MAX_PLACE = 200


def chain(event: Json) -> list[dict[str, str]]:
    """Type and value of each exception of a normalised, scrubbed event, the reported (outermost) one first."""
    links: list[Json] = event.get("exception", [])
    return [
        {"type": link.get("type", ""), "value": text(link.get("value"), MAX_VALUE)}
        for link in links[: -MAX_CHAIN - 1 : -1]
    ]


def places(event: Json) -> list[str]:
    """`module:function` (file where the module is unknown) of the frames, each once: in-app frames before others, the
    reported exception before its causes, the innermost call first."""
    own: dict[str, None] = {}
    others: dict[str, None] = {}
    for frame in _frames(event):
        place = ":".join(filter(None, (frame.get("module") or frame.get("filename"), frame.get("function"))))
        if place:
            (own if frame.get("in_app") else others)[place[:MAX_PLACE]] = None
    return list(own | others)[:MAX_PLACES]


def _frames(event: Json) -> Iterator[Json]:
    for link in reversed(event.get("exception", [])):
        yield from reversed(link.get("frames", []))
    yield from reversed(event.get("frames", []))
