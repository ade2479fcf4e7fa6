"""Removes secrets from an event, whole and recursive, and bounds its depth and width (pure)."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Any

from detections.ingest.secret_keys import is_secret
from detections.ingest.secret_text import FILTERED, SUSPECT, is_card, scrub_text
from detections.ingest.shapes import Json

# SDKs serialise five levels below `extra` and `vars`; twice that and the frames around them fit.
MAX_DEPTH = 24
MAX_WIDTH = 1000
_SEPARATOR = "\0"  # in no text (ingest.wire), so that no pattern reaches over the seam of two
# Kept in 64 bits by jsonb readers of every language.
_BIG = 2**63
# Lines of source code, where a name followed by `=` is no secret by itself.
_CODE = {"context_line", "pre_context", "post_context"}

Place = tuple[Any, Any, bool]  # container, key or index in it, whether it is a line of code


class _Texts:
    """The strings met on the walk and where they stand, to be searched all at once."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.places: list[Place] = []

    def clean(self) -> None:
        """Replaces, in place, the strings that hold a secret."""
        joined = _SEPARATOR.join(self.found).encode()
        hits = [match.start() for match in SUSPECT.finditer(joined)]
        if not hits:
            return
        ends = list(accumulate(len(text.encode()) + 1 for text in self.found))
        for index in {bisect_right(ends, hit) for hit in hits}:
            container, key, code = self.places[index]
            container[key] = scrub_text(self.found[index], code)


def scrub(event: Json) -> Json:
    """A copy of a normalised event in which no secret stands: values beside secret names, and secrets inside texts.

    Order numbers, hashes and UUIDs survive. Deeper than MAX_DEPTH and wider than MAX_WIDTH is cut and says so.
    """
    texts = _Texts()
    # Names of packages are no secrets, whatever they say (`cookie-parser`), nor are their versions.
    clean = _mapping({key: value for key, value in event.items() if key != "modules"}, texts, 0, False)
    texts.clean()
    return clean | {"modules": event["modules"]} if "modules" in event else clean


def _value(value: Any, container: Any, key: Any, texts: _Texts, depth: int, code: bool) -> Any:
    kind = type(value)
    if kind is str:
        texts.found.append(value)
        texts.places.append((container, key, code))
        return value
    if kind is dict:
        return _mapping(value, texts, depth + 1, code)
    if kind is list:
        return _list(value, texts, depth + 1, code)
    if kind is int:
        return _integer(value)
    return value


def _mapping(source: Json, texts: _Texts, depth: int, code: bool) -> Json:
    if depth > MAX_DEPTH:
        return {"…": "nested too deeply"}
    clean: Json = {}
    for key, value in source.items():
        if len(clean) == MAX_WIDTH:
            clean["…"] = f"{len(source) - MAX_WIDTH} more"
            break
        name, secret = _name(key)
        if secret and value is not None:
            clean[name] = FILTERED
        else:
            clean[name] = _value(value, clean, name, texts, depth, code or key in _CODE)
    return clean


@lru_cache(maxsize=8192)
def _name(key: str) -> tuple[str, bool]:
    """The key as kept (names may be data too) and whether its value is a secret."""
    return scrub_text(key[:500]), is_secret(key)


def _list(source: list[Any], texts: _Texts, depth: int, code: bool) -> list[Any]:
    if depth > MAX_DEPTH:
        return ["…"]
    clean: list[Any] = []
    secret_pair = len(source) == 2 and type(source[0]) is str and is_secret(source[0])
    for index, value in enumerate(source[:MAX_WIDTH]):
        if secret_pair and index == 1:
            clean.append(FILTERED)
        else:
            clean.append(_value(value, clean, index, texts, depth, code))
    if len(source) > MAX_WIDTH:
        clean.append(f"… {len(source) - MAX_WIDTH} more")
    return clean


def _integer(value: int) -> int | str:
    if 10**12 <= value < 10**19 and is_card(str(value)):
        return FILTERED
    return value if -_BIG <= value < _BIG else str(value)
