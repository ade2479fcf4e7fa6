"""The next steps for an alert, in order, each with its links (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass, field

Link = tuple[str, str]  # (words, address)


@dataclass(frozen=True)
class HandTo:
    """An owner to whom the alert can be handed: `when` it is called, whether there is such an owner (`known`), whether
    any target reaches it, who is behind the name, and where that is said."""

    name: str
    when: str = ""
    known: bool = True
    can_be_told: bool = True
    bound_to: str = ""
    admin_url: str = ""


@dataclass(frozen=True)
class Step:
    """One thing to do, with links to where it is done, and the owners to whom a button hands it."""

    text: str
    links: tuple[Link, ...] = ()
    hand_to: tuple[HandTo, ...] = ()


@dataclass(frozen=True)
class Links:
    """The links of the steps; each may be empty."""

    issues: tuple[Link, ...] = ()
    runbooks: tuple[Link, ...] = ()
    route: tuple[Link, ...] = ()
    documentation: tuple[Link, ...] = ()
    owners: tuple[Link, ...] = ()
    advice: tuple[Link, ...] = ()  # of the advice of the evidence


@dataclass(frozen=True)
class Situation:
    """What the steps depend on. `mine`: the user acknowledged the alert; `acknowledged_by` is a person's name or ''."""

    status: str
    severity: str
    acknowledged_by: str = ""
    mine: bool = False
    reminded: bool = False
    cause: str = ""
    owner: str = ""
    hand_to: tuple[HandTo, ...] = ()  # the owners whom the rule names, first response first
    assignee: str = ""
    handed_to_user: bool = False
    flapping: bool = False
    late: bool = False
    may_act: bool = True
    links: Links = field(default_factory=Links)
    advice: tuple[str, ...] = ()  # the first steps, from the kind of evidence
    guesses_cause: bool = True  # whether `cause` is likely only; else the evidence shows it
    recovering: str = ""  # a step while it recovers


def next_steps(at: Situation) -> list[Step]:
    """The steps, most urgent first; at least one."""
    if at.status in ("resolved", "inactive"):
        over = "Nothing has to be done: it is over. A new alert opens when the rule fires again."
        return [Step(over, at.links.issues)]
    first = "Wait: it fires only when it lasts as long as the rule asks." if at.status == "pending" else _handling(at)
    return [Step(first), *_investigation(at), *_circumstances(at)]


def _investigation(at: Situation) -> list[Step]:
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
    if at.owner or at.hand_to:
        steps.append(_hand_over(at))
    return steps


def _hand_over(at: Situation) -> Step:
    others = tuple(each for each in at.hand_to if each.name != at.assignee)
    if at.assignee:
        return Step(f"It is handed over to {at.assignee}.", at.links.owners, others)
    first = f"Hand it to {at.owner}, who responds first, if that is not you." if at.owner else "Hand it over."
    return Step(first, at.links.owners, others)


def _circumstances(at: Situation) -> list[Step]:
    steps = []
    if at.status == "recovering" and at.recovering:
        steps.append(Step(at.recovering))
    if at.flapping:
        steps.append(
            Step("It comes and goes: look for what restarts. No more messages are sent until 20 minutes are quiet.")
        )
    if at.late:
        steps.append(Step("It was detected by events that arrived late: check whether it still matters."))
    return steps


def _handling(at: Situation) -> str:
    if at.mine:
        return (
            "Acknowledge it again to keep it: your acknowledgment is about to run out."
            if at.reminded
            else "You have it. Resolve it when it is dealt with, or let it resolve by itself."
        )
    if at.acknowledged_by and at.handed_to_user:
        return f"It is handed over to you: acknowledge it, to take it from {at.acknowledged_by}."
    if at.acknowledged_by:
        return f"{at.acknowledged_by} has it. Ask before you step in."
    if not at.may_act:
        return "Nobody has acknowledged it. You may not acknowledge alerts; ask a responder to."
    return "Acknowledge it, so that others know that you are on it."
