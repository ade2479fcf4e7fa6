"""JSON as it comes over the wire, repaired where clients break the standard (pure).

msgspec reads well-formed JSON several times faster than the standard library; what it refuses (NaN, lone surrogates,
raw control characters, invalid UTF-8, a byte order mark, huge numbers) is read leniently and repaired.
"""

from __future__ import annotations

import json
import math
from typing import Any, cast

import msgspec

from detections.ingest.protocol.errors import NotJson

# PostgreSQL's text and jsonb hold no NUL.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Longer integers are no measurements; beyond 64 bits they are kept as text, beyond this they are shortened.
MAX_DIGITS = 40
# SDKs serialise to a depth of 10 at most; deeper is cut when an event needs repair (the scrubber cuts earlier still).
MAX_DEPTH = 100
_FAST_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Peek(msgspec.Struct, gc=False):
    event_id: Any = None


_PEEK = msgspec.json.Decoder(_Peek)
_ANY = msgspec.json.Decoder()


def loads(raw: bytes) -> Any:
    """The value of `raw`: no NUL, no lone surrogate, no NaN or infinity in it. Raises NotJson."""
    try:
        value = _ANY.decode(raw)
    except _FAST_ERRORS:
        return _lenient(raw)
    return _repair(value) if b"\\u0000" in raw else value


def peek_event_id(raw: bytes) -> Any:
    """The `event_id` of a JSON object, as sent, without reading the rest. Raises NotJson when it is no object."""
    try:
        return _PEEK.decode(raw).event_id
    except _FAST_ERRORS:
        value = loads(raw)
    if not isinstance(value, dict):
        raise NotJson(f"expected an object, got {_NAMES.get(type(value), 'a number')}")
    return value.get("event_id")


_NAMES: dict[type, str] = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def _lenient(raw: bytes) -> Any:
    text = raw.decode("utf-8-sig", errors="replace")
    decoder = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=lambda _name: None)
    try:
        return _repair(decoder.decode(text))
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg.lower()} at character {error.pos}") from None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits[:MAX_DIGITS] + "…"


def text(value: str) -> str:
    """The string without NUL and lone surrogates."""
    return value.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode()


def _repair(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {text(key): _repair(item, depth + 1) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_repair(item, depth + 1) for item in value]
    return value
