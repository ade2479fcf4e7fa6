"""The contract of a source of changes.

In: a question. Out: at most `most` changes of a kind within its time, the newest, each with the key of its row (`ref`),
the same whenever it is asked. A source reads what others recorded, with a fixed number of queries, writes nothing, and
answers with nothing where it has no place to look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bootstrap.systems.models import Environment
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment


def any_row(kind: str, end: str = "") -> Q:
    """No condition: every row is wanted."""
    return Q()


@dataclass(frozen=True)
class ChangeQuestion:
    """What changed in these places and environments of systems, and of these rules, from `start` to `end`, both
    included?

    `unread` is the condition for rows that the asker does not have yet: of those whose `ref` is `kind:id`, or
    `kind:id:end`. So an asker who takes `most` at a time gets to all of them.
    """

    places: Collection[ProjectEnvironment]
    environments: Collection[Environment]
    rules: Collection[Rule]
    start: datetime
    end: datetime
    most: int
    unread: Callable[..., Q] = any_row

    def within(self, field: str) -> dict[str, datetime]:
        """The filter for rows whose `field` lies within the time."""
        return {f"{field}__gte": self.start, f"{field}__lte": self.end}


@dataclass(frozen=True)
class RecentChange:
    """One change, in words: `Release 3.2.0 first seen`. `ref` is the key of its row: `release:12`. `who` and `url` may
    be empty; `release` names a release that came with it; `notable` is what its source thinks worth a second look."""

    source: str
    at: datetime
    text: str
    ref: str
    where: str = ""
    who: str = ""
    url: str = ""
    release: str = ""
    notable: bool = False


@dataclass(frozen=True)
class ChangeSource:
    """A source of changes. `name` is the word for its changes on the page: Release, Configuration."""

    name: str
    read: Callable[[ChangeQuestion], Sequence[RecentChange]]
