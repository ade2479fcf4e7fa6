"""What to do next about an alert, in sentences (pure: no ORM, no clock)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """What the advice depends on. `mine`: the reader holds the acknowledgment; `holder` is the name of who does."""

    condition: str
    severity: str
    holder: str = ""
    mine: bool = False
    reminded: bool = False
    cause: str = ""
    owner: str = ""
    flapping: bool = False
    late: bool = False
    samples: bool = False
    may_act: bool = True


def next_steps(at: Situation, guardrails: Sequence[str] = ()) -> list[str]:
    """At least one step; the rule's guardrails last, as what not to do."""
    if at.condition in ("resolved", "inactive"):
        return ["Nothing: it is over. A new alert opens when the rule fires again."]
    steps = [_handling(at)]
    if at.condition == "pending":
        steps = ["Wait: it fires only when it lasts as long as the rule asks."]
    if at.cause:
        steps.append(f"Likely cause: {at.cause}. Check that first.")
    if at.owner:
        steps.append(f"First response is {at.owner}'s; hand it on if that is not you.")
    if at.samples:
        steps.append("Look at the sample events, then at the issue behind them.")
    if at.condition == "recovering":
        steps.append("The errors have stopped; it resolves by itself when they stay away.")
    if at.flapping:
        steps.append(
            "It comes and goes, so no more messages are sent until 20 minutes are quiet. Look for what restarts."
        )
    if at.late:
        steps.append("It was found by events that arrived late: check whether it still matters.")
    return [*steps, *guardrails]


def _handling(at: Situation) -> str:
    if at.mine:
        return (
            "Your acknowledgment is about to run out: acknowledge again to keep it."
            if at.reminded
            else "You have it. Resolve it when it is dealt with, or let it resolve by itself."
        )
    if at.holder:
        return f"{at.holder} has it. Ask before you step in."
    if not at.may_act:
        return "Nobody has it. You may look but not acknowledge; tell a responder."
    return "Acknowledge it, so that others know that you are on it."
