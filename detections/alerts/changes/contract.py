"""The contract of a source of changes.

In: a question. Out: at most `most` changes within its time, newest first. A source reads what others recorded, with a
fixed number of queries, writes nothing, and answers with nothing where it has no place to look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.systems.models import Environment
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment


@dataclass(frozen=True)
class ChangeQuestion:
    """What changed in this environment, and of this rule, from `start` to `end`, both included?"""

    place: ProjectEnvironment
    rule: Rule
    start: datetime
    end: datetime
    most: int

    @property
    def environment(self) -> Environment | None:
        """The environment of the system, in which deployments report and checklists are signed."""
        return self.place.environment

    def within(self, field: str) -> dict[str, datetime]:
        """The filter for rows whose `field` lies within the time."""
        return {f"{field}__gte": self.start, f"{field}__lte": self.end}


@dataclass(frozen=True)
class RecentChange:
    """One change, in words: `Release 3.2.0 first seen`. `who` and `url` may be empty; `release` names a release that
    came with it."""

    source: str
    at: datetime
    text: str
    where: str = ""
    who: str = ""
    url: str = ""
    release: str = ""


@dataclass(frozen=True)
class ChangeSource:
    """A source of changes. `name` is the word for its changes on the page: Release, Configuration."""

    name: str
    read: Callable[[ChangeQuestion], Sequence[RecentChange]]
