"""What to do about a variable that is not as its checklist asks, in sentences (pure: no ORM, no clock)."""

from __future__ import annotations

from collections.abc import Iterable

SET = "Set it with the command below, which shows no value, then let the agent report again: a good report ends this."
COMPARE = "Compare where both values come from, never the values themselves; set the one that is wrong."
STEPS = {
    "missing": SET,
    "empty": SET,
    "bad_format": SET,
    "wrong_literal": SET,
    "fallback_active": "Another value stands in for it now. " + SET,
    "forbidden_present": "Find out who set it and why, then remove it with the command below.",
    "changed_since_sign_off": "Find out who changed it and why; when it is right, sign its item again.",
    "must_equal_broken": COMPARE,
    "must_differ_broken": COMPARE,
    "flag_without_coverage": "Name the flag in the checklist, or take it out of the environment.",
    "stale": "Look for the agent first: its schedule, its token, its way to this console. What was wrong stays open.",
}


def config_steps(kinds: Iterable[str]) -> list[str]:
    """One sentence for each thing to do, each once, in the order in which the kinds are listed above."""
    found = set(kinds)
    return list(dict.fromkeys(step for kind, step in STEPS.items() if kind in found))
