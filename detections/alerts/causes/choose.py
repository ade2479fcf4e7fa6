"""Which group an alert joins, and which alert of a group leads (pure: no ORM, no clock)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

STORM_SCOPES = 5  # of one rule within five minutes, the one that opens included


class Cause(StrEnum):
    """What keeps alerts together; a value of `AlertGroup.Kind`."""

    ALONE = ""
    STORM = "storm"
    ISSUE = "issue"
    FAILURE = "failure"
    NARROWER = "narrower"


# The first that fits decides.
PRECEDENCE = (Cause.NARROWER, Cause.FAILURE, Cause.ISSUE, Cause.STORM)


@dataclass(frozen=True)
class Companions:
    """By id, the groups with open alerts that share something with a new one. `recent` are the groups of the scopes of
    its rule that opened lately, by id of the alert; `unexplained` those of them that no stronger cause keeps
    together. `shared`: the new one stands for scopes beyond those with alerts of their own, which are a storm."""

    narrower: Collection[int] = ()
    failure: Collection[int] = ()
    issue: Collection[int] = ()
    recent: dict[int, int] = field(default_factory=dict)
    unexplained: Collection[int] = ()
    shared: bool = False


@dataclass(frozen=True)
class GroupChoice:
    """The groups that a new alert belongs to, which become one; none: it gets a new one."""

    cause: Cause = Cause.ALONE
    groups: tuple[int, ...] = ()


def choose_groups(companions: Companions) -> GroupChoice:
    """A narrower rule before a known failure before an issue before a storm."""
    for cause, groups in (
        (Cause.NARROWER, companions.narrower),
        (Cause.FAILURE, companions.failure),
        (Cause.ISSUE, companions.issue),
    ):
        if groups:
            return GroupChoice(cause, tuple(sorted(set(groups))))
    if companions.shared and companions.recent:
        return GroupChoice(Cause.STORM, (_fullest(companions.recent.values()),))
    if len(companions.recent) + 1 >= STORM_SCOPES and companions.unexplained:
        return GroupChoice(Cause.STORM, tuple(sorted(set(companions.unexplained))))
    return GroupChoice()


def _fullest(groups: Iterable[int]) -> int:
    """The group that occurs most often; of several the oldest."""
    found = list(groups)
    return min(set(found), key=lambda group: (-found.count(group), group))


@dataclass(frozen=True)
class LeaderCandidate:
    """An open alert of a group. `silenced`: no message about it may be sent at present. `narrower`: its rule names a
    wider one."""

    id: int
    severity: int
    narrower: bool = False
    leads: bool = False
    silenced: bool = False


def leader_of(candidates: Collection[LeaderCandidate]) -> LeaderCandidate:
    """The strongest: one that may be told, then by severity, then of a narrower rule, then who led before, then the
    oldest. Raises ValueError where there is none."""
    return max(candidates, key=lambda c: (not c.silenced, c.severity, c.narrower, c.leads, -c.id))
