"""Replaces the variable parts of messages, so that equal faults have equal texts (pure)."""

from __future__ import annotations

import re
from functools import lru_cache

_PATTERN = re.compile(
    r"""
    (?P<url>\b[a-z][a-z0-9+.-]{1,15}://[^\s'"<>]+)
    | (?P<email>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)
    | (?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)
    | (?P<date>\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)
    | (?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4})
    | (?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*[0-9])(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b)
    | (?P<number>(?<![A-Za-z_])[-+]?\d+(?:[.,:]\d+)*(?![A-Za-z_]))
    | (?P<quoted>'[^'\n]{1,200}'|"[^"\n]{1,200}")
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=2048)
def parameterise(message: str) -> str:
    """`User 42 of 10.0.0.7 failed` -> `User <number> of <ip> failed`; the first line, at most 500 characters."""
    first = message.strip().split("\n", 1)[0][:500]
    return _PATTERN.sub(lambda match: f"<{match.lastgroup}>", first)
