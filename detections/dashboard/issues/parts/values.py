"""Values of a stored event as text, and containers of the wrong type as empty ones (pure)."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
LONGEST_VALUE = 2000  # characters of a shown value; the raw JSON has all of it


def value_text(value: Any) -> str:
    """A value as text: text as it is, anything else as JSON; shortened when very long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def pairs(value: Any) -> list[tuple[str, str]]:
    """(name, text) of a mapping, without empty values."""
    return [(str(name), value_text(each)) for name, each in mapping(value).items() if each not in (None, "", {}, [])]


def mapping(value: Any) -> Json:
    """The mapping; {} for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """The mappings of a list; [] for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The items of a list as text; [] for anything else."""
    return [str(each) for each in value] if isinstance(value, list) else []


def whole(value: Any) -> int | None:
    """An integer that is not negative; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
