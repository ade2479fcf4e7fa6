"""Whether PostgreSQL's text and jsonb can store a value, and how one that they cannot is shown (pure)."""

from __future__ import annotations

import math
from typing import Any

NO_TEXT = "contains a NUL or half of a surrogate pair, which cannot be stored"
NO_NUMBER = "is not a finite number"
DEEP = 100


def storable(text: str) -> bool:
    """Whether a text has no NUL and no lone surrogates."""
    return "\0" not in text and (text.isascii() or not _has_surrogate(text))


def problem(data: Any) -> tuple[str, str] | None:
    """The path ("a.b[0]") of the first value that cannot be stored and what is wrong with it; None if all can be.

    Objects that YAML aliases share are visited once, so that cycles end and shared parts cost no more.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and not storable(value):
            return path, NO_TEXT
        if isinstance(value, float) and not math.isfinite(value):
            return path, NO_NUMBER
        if isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                if any(isinstance(key, str) and not storable(key) for key in value):
                    return path, NO_TEXT
                waiting += [(f"{path}.{key}".lstrip("."), each) for key, each in reversed(value.items())]
            else:
                waiting += [(f"{path}[{i}]", each) for i, each in reversed([*enumerate(value)])]
    return None


def made_storable(data: Any) -> Any:
    """The same JSON, with NULs and lone surrogates as their escapes and numbers without end as words; below a hundred
    levels it is cut. What is storable is returned as it is."""
    return data if problem(data) is None else _shown(data, 0)


def _shown(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if storable(value) else value.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list) and depth >= DEEP:
        return "…"
    if isinstance(value, dict):
        return {_shown(key, depth): _shown(each, depth + 1) for key, each in value.items()}
    return [_shown(each, depth + 1) for each in value] if isinstance(value, list) else value


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
