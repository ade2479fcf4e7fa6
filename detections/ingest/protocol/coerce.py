"""Coerces values of malformed payloads to text, mappings and lists of mappings (pure). What is cut is scrubbed first.

Every function takes any JSON value and never raises; a value that cannot be coerced becomes empty.
"""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import scrub_text
from opsconsole.lib.text.visible import visible

Json = dict[str, Any]


def text(value: Any, limit: int) -> str:
    """A string of at most `limit` characters; numbers and booleans as text, containers as JSON, None as ''."""
    if value is None:
        return ""
    string = value if isinstance(value, str) else _as_json(value)
    return string if len(string) <= limit else cut(_scrubbed_beginning(string, limit), limit)


def cut(string: str, limit: int) -> str:
    """The string, or its beginning with an ellipsis: at most `limit` characters."""
    return string if len(string) <= limit else string[: limit - 1] + "…"


def _scrubbed_beginning(string: str, limit: int) -> str:
    """What `cut` keeps and some more, without secrets: scrubbing does not recognise half of one later."""
    beginning = string[: limit + 1000]
    if not SUSPECT.search(beginning.encode(errors="replace")):
        return beginning
    return scrub_text(beginning) + "…"


def _as_json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return "…"


def line(value: Any, limit: int) -> str:
    """Like `text`, on one line, without leading or trailing whitespace; marks of direction are written out."""
    if type(value) is str and len(value) <= limit and value.isascii():  # most names: nothing to cut or to write out
        return " ".join(value.split())
    return text(visible(" ".join(text(value, limit * 2).split())), limit)


def texts(source: Json, fields: tuple[tuple[str, int], ...]) -> Json:
    """The `fields` (name, most characters) of `source` as text; empty ones are left out."""
    result: Json = {}
    for name, limit in fields:
        value = source.get(name)
        if value is not None and value != "":
            result[name] = value if type(value) is str and len(value) <= limit else text(value, limit)
    return result


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
    """A list of objects, from a list, `{"values": [...]}` or one object; whatever is no object is left out."""
    if isinstance(value, dict):
        inner = value.get("values")
        value = inner if isinstance(inner, list) else [value] if "values" not in value else []
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def flag(value: Any) -> bool | None:
    """A boolean; None for anything else."""
    return value if isinstance(value, bool) else None


def number(value: Any) -> int | None:
    """An integer from 0 below 2**31, also from text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def middle(items: list[Any], limit: int) -> list[Any]:
    """At most `limit` items: the first and last ones, because both ends of a deep stack matter most."""
    if len(items) <= limit:
        return items
    half = limit // 2
    return items[:half] + items[len(items) - (limit - half) :]


def without_empty(fields: Json) -> Json:
    """The fields without None, '', [] and {}."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
