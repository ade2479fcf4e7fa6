"""Decodes JSON, and repairs it where clients break the standard (pure).

msgspec decodes well-formed JSON several times faster than the standard library; what it refuses (NaN, lone surrogates,
raw control characters, invalid UTF-8, a byte order mark, huge numbers) is decoded leniently and repaired.
"""

from __future__ import annotations

import json
import math
from typing import Any, cast

import msgspec

from detections.ingest.protocol.errors import NotJson

# Replaces NUL, which PostgreSQL's text and jsonb cannot store.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Integers beyond 64 bits are kept as text; with more digits than this they are shortened.
MAX_DIGITS = 40
# SDKs serialise at most 10 levels; deeper values are cut when an event is repaired (the scrubber cuts earlier).
MAX_DEPTH = 100
_FAST_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Peeked(msgspec.Struct, gc=False):
    """What tells of an object where it belongs, as sent: its `event_id` and `type`."""

    event_id: Any = None
    type: Any = None


_PEEK = msgspec.json.Decoder(Peeked)
_ANY = msgspec.json.Decoder()


def loads(raw: bytes) -> Any:
    """The value of `raw` without NUL, lone surrogates, NaN and infinity. Raises NotJson."""
    try:
        value = _ANY.decode(raw)
    except _FAST_ERRORS:
        return _lenient(raw)
    return _repair(value) if b"\\u0000" in raw else value


def peek(raw: bytes) -> Peeked:
    """`event_id` and `type` of a JSON object, without decoding the rest. Raises NotJson when it is no object."""
    try:
        return _PEEK.decode(raw)
    except _FAST_ERRORS:
        value = loads(raw)
    if not isinstance(value, dict):
        raise NotJson(f"expected an object, got {_NAMES.get(type(value), 'a number')}")
    return Peeked(value.get("event_id"), value.get("type"))


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
