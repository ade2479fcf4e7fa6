"""How fields of a target are written in the form, and read again (pure): what was written is read as it was.

Nothing here judges what is allowed of a target: the probe does. What PostgreSQL cannot store is refused here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TEXT_OPERATORS = ("contains", "matches")  # compare with a text, whatever it looks like
DEPTH = 100  # lists in lists that are taken
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class CannotRead(ValueError):
    """What was typed is not what the field holds. The text says what is allowed, with an example."""


def _no_name_twice(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise CannotRead(f"{twice[:60]!r} is there twice in one object. Give it once.")
    return read


_JSON = json.JSONDecoder(object_pairs_hook=_no_name_twice)


def read_headers(text: str) -> dict[str, str]:
    """By name, from lines as `Name: value`. Raises CannotRead."""
    read: dict[str, str] = {}
    for number, line in enumerate(_lines(text), 1):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name:  # it is not quoted, since it may be a secret
            raise CannotRead(f"Line {number} is no header. Write one a line, e.g. Accept: application/json")
        if name.lower() in (each.lower() for each in read):
            raise CannotRead(f"{name} is there twice. Write each header once.")
        read[name] = value.strip(" \t")
    return read


def write_headers(headers: Mapping[str, str]) -> str:
    """A line for each."""
    return "\n".join(f"{name}: {value}".rstrip(" ") for name, value in headers.items())


def read_paths(text: str) -> list[str]:
    """The paths, one a line."""
    return [line.strip() for line in _lines(text)]


def read_map(text: str) -> dict[str, str]:
    """Variants by bucket or range, from lines as `0-9 canary`. Raises CannotRead."""
    read: dict[str, str] = {}
    for number, line in enumerate(_lines(text), 1):
        buckets, _, variant = line.strip().partition(" ")
        if not variant.strip():
            raise CannotRead(f"Line {number} names no variant. Write a range and its variant a line, e.g. 0-9 canary")
        if buckets in read:
            raise CannotRead(f"{buckets} is there twice. Write each range once.")
        read[buckets] = variant.strip()
    return read


def write_map(given: Mapping[str, str]) -> str:
    """A line for each range, in their order."""
    return "\n".join(f"{key.replace(' ', '')} {variant}" for key, variant in sorted(given.items(), key=_first_bucket))


def read_value(text: str, operator: str) -> Any:
    """The value of a comparison: JSON where it is JSON (`200`, `true`, `["a", "b"]`), else the text itself. A text that
    looks like JSON stands in quotes: `"200"`. Operators that compare texts take all but quotes as it is. Raises
    CannotRead."""
    try:
        value = _JSON.decode(text)
    except CannotRead:
        if operator not in TEXT_OPERATORS:
            raise
        value = text
    except (ValueError, RecursionError):
        value = text
    if problem := unstorable(value):
        raise CannotRead(problem)
    return value if isinstance(value, str) or operator not in TEXT_OPERATORS else text


def write_value(value: Any, operator: str) -> str:
    """The text that `read_value` reads as `value`."""
    if isinstance(value, str) and value.isprintable() and value.strip() == value != "":
        try:
            if read_value(value, operator) == value:
                return value
        except CannotRead:
            pass
    return json.dumps(value, ensure_ascii=False)


def read_json(text: str) -> Any:
    """JSON that can be stored. Raises CannotRead."""
    try:
        value = _JSON.decode(text)
    except CannotRead:
        raise
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"This is no JSON: {error}.") from None
    if problem := unstorable(value):
        raise CannotRead(problem)
    return value


def write_json(value: Any) -> str:
    """Over several lines, to be edited."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def unstorable(value: Any, depth: int = 0) -> str:
    """Why JSON cannot be stored; '' where it can."""
    if depth > DEPTH:
        return f"Lists and objects are at most {DEPTH} deep."
    if isinstance(value, str):
        return "A text has the character NUL or half a surrogate." if _UNSTORABLE.search(value) else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "A number is too large, or none (NaN, Infinity)."
    if isinstance(value, dict):
        return _first(unstorable(each, depth + 1) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return _first(unstorable(each, depth + 1) for each in value)
    return ""


def newlines(text: str) -> str:
    """Line ends as they were typed: browsers send them as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    return [line for line in newlines(text).split("\n") if line.strip()]


def _first(problems: Iterable[str]) -> str:
    return next(filter(None, problems), "")


def _first_bucket(pair: tuple[str, str]) -> tuple[int, str]:
    digits = pair[0].partition("-")[0].strip()
    return (int(digits) if digits.isdigit() and len(digits) < 10 else 0, pair[0])
