"""What messy payloads are read as: text, mappings, lists of mappings (pure).

Every function takes any JSON value and never raises; what cannot be read as asked becomes empty.
"""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]


def text(value: Any, limit: int) -> str:
    """A string of at most `limit` characters; numbers and booleans as text, containers as JSON, None as ''."""
    if value is None:
        return ""
    words = value if isinstance(value, str) else _as_json(value)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _as_json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return "…"


def line(value: Any, limit: int) -> str:
    """Like text, on one line and without surrounding blanks."""
    return text(" ".join(text(value, limit * 2).split()), limit)


def texts(source: Json, fields: tuple[tuple[str, int], ...]) -> Json:
    """The named fields of `source` as text of at most so many characters; those without content left out."""
    found: Json = {}
    for name, limit in fields:
        value = source.get(name)
        if value is not None and value != "":
            found[name] = value if type(value) is str and len(value) <= limit else text(value, limit)
    return found


def mapping(value: Any) -> Json:
    """An object, or a list of pairs (raven's tags and headers, ASGI's headers), as a mapping."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return dict(pair for item in value if (pair := _pair(item)))
    return {}


def _pair(item: Any) -> tuple[str, Any] | None:
    if isinstance(item, dict) and "key" in item:
        return text(item["key"], 200), item.get("value")
    if isinstance(item, list) and len(item) == 2:
        return text(item[0], 200), item[1]
    return None


def values(value: Any) -> list[Json]:
    """A list of objects: of a list, of `{"values": [...]}` or of one object; nulls and other things left out."""
    if isinstance(value, dict):
        inner = value.get("values")
        value = inner if isinstance(inner, list) else [value] if "values" not in value else []
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def number(value: Any) -> int | None:
    """A whole number of at most 32 bits, also as text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def middle(items: list[Any], limit: int) -> list[Any]:
    """At most `limit` items: the outer halves are kept, for in a deep stack both ends tell most."""
    if len(items) <= limit:
        return items
    half = limit // 2
    return items[:half] + items[len(items) - (limit - half) :]


def without_empty(fields: Json) -> Json:
    """Only the fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
