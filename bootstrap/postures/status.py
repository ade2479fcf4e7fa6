"""Whether a posture stands, and what severity follows (pure over its row)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bootstrap.postures.models import Posture
from bootstrap.systems.value_rules.conditions import ConditionError, Facts, parse

# Two weeks: a review fits into one sprint, before the posture lapses.
DUE: Final = timedelta(days=14)
PROPOSED, HOLDS, UNVERIFIED, LAPSED, ENDED = "proposed", "holds", "unverified", "lapsed", "ended"


@dataclass(frozen=True)
class PostureStatus:
    """`state` is one of the five words above; `why` says it in words, without a full stop.

    `unverified`: approved, but the facts that the guard asks for were not reported, or too long ago. It does not ease:
    a guard that nobody can see to hold is none, be it for a name that nothing reports or for an agent that fell
    silent; it eases again with the next report that shows it. `due`: to be reviewed soon.
    """

    state: str
    why: str
    due: bool = False

    @property
    def eases(self) -> bool:
        """Whether a missing value counts less."""
        return self.state == HOLDS


@dataclass(frozen=True)
class GuardPart:
    """A smallest part of a guard: as it is written, whether it is so (None: not known), and what is so instead."""

    text: str
    holds: bool | None
    told: str


@dataclass(frozen=True)
class MissingSeverity:
    """What a posture says of a missing or empty variable: the severity that it has now, and why."""

    severity: str
    why: str
    posture: Posture
    standing: PostureStatus


def standing(posture: Posture, facts: Facts, now: datetime) -> PostureStatus:
    """How a posture stands at `now`, by these facts of its deployment."""
    if posture.ended_at:
        return PostureStatus(ENDED, f"ended {posture.ended_at:%Y-%m-%d}")
    if not posture.approved_at:
        return PostureStatus(PROPOSED, "nobody has approved it")
    if now.date() > posture.review_by:
        return PostureStatus(LAPSED, f"it was to be reviewed by {posture.review_by}", due=True)
    due = now.date() + DUE >= posture.review_by
    try:
        guard = parse(posture.guard)
    except ConditionError as error:  # never through this console; a row written by hand must not ease for ever
        return PostureStatus(LAPSED, f"its guard cannot be read: {error}", due)
    answer = guard.holds(facts)
    state = {True: HOLDS, False: LAPSED, None: UNVERIFIED}[answer]
    return PostureStatus(state, guard.explain(facts), due)


def parts(posture: Posture, facts: Facts) -> list[GuardPart]:
    """Each part of the guard with its live verdict, in the order of the text; none where it cannot be read."""
    try:
        guard = parse(posture.guard)
    except ConditionError:
        return []
    return [GuardPart(str(leaf), leaf.holds(facts), leaf.explain(facts)) for leaf in guard.leaves()]


def judge(postures: Sequence[Posture], variable: str, facts: Facts, now: datetime) -> MissingSeverity | None:
    """What the posture in force says of `variable` missing; None where there is none, or it was only proposed.

    `postures` are those of one deployment, with their variables. Whether the variable is needed otherwise does not
    matter: whoever wrote the posture wants its absence told, eased while it stands, in full once it has lapsed.
    """
    for posture in postures:
        if posture.variable.name != variable:
            continue
        found = standing(posture, facts, now)
        if found.state in (HOLDS, UNVERIFIED, LAPSED):
            return MissingSeverity(posture.severity if found.eases else posture.instead_of, _why(found), posture, found)
    return None


def _why(found: PostureStatus) -> str:
    """In words that stay the same while nothing changes."""
    words = {
        HOLDS: "accepted by a posture: ",
        UNVERIFIED: "a posture would accept it, but its guard cannot be verified: ",
        LAPSED: "the posture that accepted it has lapsed: ",
    }
    return f"{words[found.state]}{found.why}"
