"""Whether a posture is in force, and the severity that follows (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bootstrap.postures.models import Posture
from bootstrap.systems.value_rules.conditions import ConditionError, Facts, parse

# A review is due two weeks ahead, so that it fits into a sprint before the posture lapses.
DUE: Final = timedelta(days=14)
PROPOSED, HOLDS, UNVERIFIED, LAPSED, ENDED = "proposed", "holds", "unverified", "lapsed", "ended"


@dataclass(frozen=True)
class PostureStatus:
    """`state` is PROPOSED, HOLDS, UNVERIFIED, LAPSED or ENDED; `why` explains it, without a full stop.

    UNVERIFIED is approved, but with a guard whose facts were not reported, or too long ago: nothing reports the name,
    or the agent is silent. The severity is not reduced until a report shows that the guard is true. `due`: the day of
    review is near or has passed.
    """

    state: str
    why: str
    due: bool = False

    @property
    def eases(self) -> bool:
        """Whether it reduces the severity of a missing value."""
        return self.state == HOLDS


@dataclass(frozen=True)
class GuardPart:
    """One term of a guard as text, whether it is true (None: not known), and the fact that decides it."""

    text: str
    holds: bool | None
    explanation: str


@dataclass(frozen=True)
class MissingSeverity:
    """The severity of a missing or empty variable under a posture, and why."""

    severity: str
    why: str
    posture: Posture
    status: PostureStatus


def posture_status(posture: Posture, facts: Facts, now: datetime) -> PostureStatus:
    """The status of a posture at `now`, by these facts of its deployment."""
    if posture.ended_at:
        return PostureStatus(ENDED, f"ended {posture.ended_at:%Y-%m-%d}")
    if not posture.approved_at:
        return PostureStatus(PROPOSED, "nobody has approved it")
    if now.date() > posture.review_by:
        return PostureStatus(LAPSED, f"it was to be reviewed by {posture.review_by}", due=True)
    due = now.date() + DUE >= posture.review_by
    try:
        guard = parse(posture.guard)
    except (
        ConditionError
    ) as error:  # the console refuses these; a row written by hand must not reduce a severity for ever
        return PostureStatus(LAPSED, f"its guard cannot be read: {error}", due)
    answer = guard.holds(facts)
    state = {True: HOLDS, False: LAPSED, None: UNVERIFIED}[answer]
    return PostureStatus(state, guard.explain(facts), due)


def guard_parts(posture: Posture, facts: Facts) -> list[GuardPart]:
    """Each term of the guard with its answer, in the order of the text; empty where the guard cannot be parsed."""
    try:
        guard = parse(posture.guard)
    except ConditionError:
        return []
    return [GuardPart(str(leaf), leaf.holds(facts), leaf.explain(facts)) for leaf in guard.leaves()]


def missing_severity(postures: Sequence[Posture], variable: str, facts: Facts, now: datetime) -> MissingSeverity | None:
    """The severity of `variable` missing under a posture that was approved and not ended; None without one.

    `postures` are those of one deployment, with their variables. It does not matter whether the variable is needed
    otherwise: under a posture its absence is a finding, with the reduced severity while the guard is true.
    """
    for posture in postures:
        if posture.variable.name != variable:
            continue
        status = posture_status(posture, facts, now)
        if status.state in (HOLDS, UNVERIFIED, LAPSED):
            return MissingSeverity(
                posture.severity if status.eases else posture.instead_of, _why(status), posture, status
            )
    return None


def _why(status: PostureStatus) -> str:
    """The reason, in words that stay the same while nothing changes."""
    words = {
        HOLDS: "accepted by a posture: ",
        UNVERIFIED: "a posture would accept it, but its guard cannot be verified: ",
        LAPSED: "the posture that accepted it has lapsed: ",
    }
    return f"{words[status.state]}{status.why}"
