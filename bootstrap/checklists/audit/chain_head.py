"""The head of the chain of sign-offs: what has to be kept elsewhere to notice that its end was removed (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

HASH = re.compile(r"[0-9a-f]{64}")
HEAD = re.compile(rf"(?:([1-9][0-9]{{0,17}}):)?({HASH.pattern})")
ALLOWED = (
    "Allowed: NUMBER:HASH or HASH, as messages, log lines and verify_audit print them (NUMBER: from 1 on; HASH: 64 of "
    "0-9 and a-f, in lower case)."
)


@dataclass(frozen=True)
class ChainHead:
    """The end of the chain at some time: id and hash of the last act, how many acts there were, when it was noted."""

    number: int
    hash: str
    acts: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class KnownHead:
    """A head that was noted outside of the database. `source` says where, e.g. `line 3 of …`.

    Of a head from the command line only the hash is sure to be known: `number` and `acts` may be 0, `at` None.
    """

    hash: str
    source: str
    number: int = 0
    acts: int = 0
    at: datetime | None = None
    given: bool = False

    def describe(self) -> str:
        """`line 3 of FILE, 2026-06-12 12:00 UTC` or `--head`."""
        return f"{self.source}, {self.at:%Y-%m-%d %H:%M} UTC" if self.at else self.source


def parse_head(text: str) -> KnownHead:
    """The head in `--head NUMBER:HASH` or `--head HASH`. Raises ValueError with what is allowed."""
    found = HEAD.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"--head {text!r} is no head. {ALLOWED}")
    return KnownHead(found[2], "--head", int(found[1] or 0), given=True)
