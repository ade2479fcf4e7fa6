"""Rows of samples as PostgreSQL can hold them: a service may answer what it cannot (pure)."""

from __future__ import annotations

import math
from typing import Any

from opsconsole.lib.db.storable import problem, storable

DEEP = 100


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
