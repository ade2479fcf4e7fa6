"""Pure: text patterns of signatures, matched in linear time (no ORM). Globs of routes: `telemetry.routes`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import re2

Syntax = Literal["substring", "regex"]
Matcher = Callable[[str], bool]
MAX_MEMORY = 1 << 20  # bytes RE2 may use for one pattern: far above what a signature needs, far below a denial


class PatternError(ValueError):
    """A pattern cannot be compiled; the message is RE2's reason."""


def check_pattern(pattern: str, syntax: Syntax) -> None:
    """Raises PatternError where `pattern` is a regular expression that RE2 refuses (backreferences, look-around, …)."""
    if syntax == "regex":
        _compile(pattern)


@lru_cache(maxsize=2048)
def matcher(pattern: str, syntax: Syntax) -> Matcher:
    """A test whether a text contains `pattern`; the empty pattern is in every text. Raises PatternError."""
    if not pattern:
        return lambda text: True
    if syntax == "substring":
        return lambda text: pattern in text
    compiled = _compile(pattern)
    return lambda text: compiled.search(text) is not None


def _compile(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        raise PatternError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None
