"""The search language of issues (pure): `is:unresolved environment:prod level:fatal release:2.4.1 any text`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

STATUSES = ("unresolved", "resolved", "ignored")
KEYS = ("is", "environment", "project", "level", "type", "release")


@dataclass(frozen=True)
class Search:
    """A parsed search; an empty field matches anything. `unknown` are words with a known key and an unusable value."""

    status: str = ""
    triage: bool = False
    environment: str = ""
    project: str = ""
    level: str = ""
    type: str = ""
    release: str = ""
    text: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(query: str) -> Search:
    """The search of a query. Never raises: unusable words go to `unknown`. Quotes keep spaces."""
    chosen: dict[str, str] = {}
    text: list[str] = []
    unknown: list[str] = []
    for word in _words(query):
        key, colon, value = word.partition(":")
        if not colon or key not in KEYS or not value:
            (unknown if colon and key in KEYS else text).append(word)
        elif key == "is" and value not in (*STATUSES, "triage"):
            unknown.append(word)
        else:
            chosen["status" if key == "is" and value != "triage" else key] = value
    triage = chosen.pop("is", "") == "triage"
    return Search(**chosen, triage=triage, text=tuple(text), unknown=tuple(unknown))


def _words(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError:  # an open quote, as while typing
        return query.replace('"', " ").replace("'", " ").split()
