"""Whether PostgreSQL's text and jsonb can store a value (pure)."""

from __future__ import annotations

import math
from typing import Any

NO_TEXT = "contains a NUL or half of a surrogate pair, which cannot be stored"
NO_NUMBER = "is not a finite number"


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


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
