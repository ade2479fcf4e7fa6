"""What to do next about an alert: steps in their order, each with its links (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass, field

Link = tuple[str, str]  # (words, address)


@dataclass(frozen=True)
class Step:
    """One thing to do, and where to do it."""

    text: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Links:
    """Where the steps lead. Each may be empty: an alert need not have an issue, nor its system a runbook."""

    issues: tuple[Link, ...] = ()
    runbooks: tuple[Link, ...] = ()
    route: tuple[Link, ...] = ()
    documentation: tuple[Link, ...] = ()
    owners: tuple[Link, ...] = ()
    advice: tuple[Link, ...] = ()  # what the advice of the evidence is about


@dataclass(frozen=True)
class Situation:
    """What the advice depends on. `mine`: the reader holds the acknowledgment; `holder` is the name of who does."""

    status: str
    severity: str
    holder: str = ""
    mine: bool = False
    reminded: bool = False
    cause: str = ""
    owner: str = ""
    flapping: bool = False
    late: bool = False
    may_act: bool = True
    links: Links = field(default_factory=Links)
    advice: tuple[str, ...] = ()  # what the kind of evidence says to do first
    guesses_cause: bool = True  # whether `cause` is a guess; else it is what the evidence shows
    recovering: str = ""  # what to know while it recovers


def next_steps(at: Situation) -> list[Step]:
    """At least one step, the most urgent first."""
    if at.status in ("resolved", "inactive"):
        over = "Nothing has to be done: it is over. A new alert opens when the rule fires again."
        return [Step(over, at.links.issues)]
    first = "Wait: it fires only when it lasts as long as the rule asks." if at.status == "pending" else _handling(at)
    return [Step(first), *_find_out(at), *_circumstances(at)]


def _find_out(at: Situation) -> list[Step]:
    links = at.links
    steps = [Step(text, links.advice) for text in at.advice]
    guessed = bool(at.cause) and at.guesses_cause
    if guessed:
        steps.append(Step(f"Check the likely cause first: {at.cause}.", links.runbooks))
    if links.issues:
        steps.append(Step("Look at the issue behind it: stack trace, request, releases.", links.issues))
    if links.route:
        steps.append(Step("See whether it still burns, and since when.", links.route))
    if links.documentation:
        steps.append(
            Step("Read what the rule says to do.", (*links.documentation, *(() if guessed else links.runbooks)))
        )
    if at.owner:
        steps.append(Step(f"Hand it to {at.owner}, who responds first, if that is not you.", links.owners))
    return steps


def _circumstances(at: Situation) -> list[Step]:
    steps = []
    if at.status == "recovering" and at.recovering:
        steps.append(Step(at.recovering))
    if at.flapping:
        steps.append(
            Step("It comes and goes: look for what restarts. No more messages are sent until 20 minutes are quiet.")
        )
    if at.late:
        steps.append(Step("It was found by events that arrived late: check whether it still matters."))
    return steps


def _handling(at: Situation) -> str:
    if at.mine:
        return (
            "Acknowledge it again to keep it: your acknowledgment is about to run out."
            if at.reminded
            else "You have it. Resolve it when it is dealt with, or let it resolve by itself."
        )
    if at.holder:
        return f"{at.holder} has it. Ask before you step in."
    if not at.may_act:
        return "Nobody has it. You may look but not acknowledge; tell a responder."
    return "Acknowledge it, so that others know that you are on it."
