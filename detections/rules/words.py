"""Pure: what a rule does, in sentences (no ORM)."""

from __future__ import annotations

from detections.rules.spec import Exceedance, RuleSpec, Signature

GROUPS = {
    "prefix": "all routes under the prefix together",
    "route": "each route by itself",
    "issue": "each issue by itself",
    "none": "everything together",
}
METHODS = {
    "nb_tail": "chance explains less often than once in {odds} windows",
    "poisson_tail": "pure chance (Poisson) explains less often than once in {odds} windows",
    "mu_plus_k_sigma": "is more than the mean plus {k:g} standard deviations",
}


def selects(spec: RuleSpec) -> str:
    """What is counted, in one sentence."""
    selector = spec.selector
    where = f"project {selector.project}" if selector.project else "every project"
    where += f" in {selector.environment}" if selector.environment else " in every environment"
    parts = [f"Counts {' and '.join(selector.levels)} events of {where}"]
    if selector.route:
        parts.append(f"on {selector.route}")
    if selector.exception_type:
        parts.append(f"of type {selector.exception_type}")
    if selector.message_contains:
        parts.append(f"whose message contains “{selector.message_contains}”")
    if selector.tags:
        parts.append(f"with {', '.join(f'{k}:{v}' for k, v in selector.tags.items())}")
    if selector.status_class:
        parts.append("that nothing handled")
    return f"{', '.join(parts)}; {GROUPS[spec.group_by]}."


def thresholds(spec: RuleSpec) -> list[str]:
    """When it fires, a sentence each."""
    said = _exceedance(spec.exceedance) if spec.exceedance else []
    direct = [s for s in spec.signatures if s.severity]
    if direct:
        said.append(f"Known failures fire whatever the count: {', '.join(s.name for s in direct)}.")
    waits = (
        f"An alert opens once this held for {spec.for_minutes} minutes"
        if spec.for_minutes
        else "An alert opens at once"
    )
    said.append(f"{waits}, and ends when it has not held for {spec.keep_firing_minutes} minutes.")
    return said


def pattern(signature: Signature) -> str:
    """What a signature looks for."""
    if signature.unreported:
        return f"5xx lines of the router while no event came, {_times(signature)}"
    fields = (("exception", signature.exception), ("logger", signature.logger), ("message", signature.message))
    joined = " and ".join(f"{name} “{text}”" for name, text in fields if text)
    return f"{joined}{', as a regular expression' if signature.syntax == 'regex' else ''}{_often(signature)}"


def _often(signature: Signature) -> str:
    return f", {_times(signature)}" if signature.times > 1 else ""


def _times(signature: Signature) -> str:
    return f"{signature.times} times in {signature.minutes} minutes" if signature.times > 1 else "once"


def _exceedance(condition: Exceedance) -> list[str]:
    window = f"{condition.window_minutes} minutes" if condition.window_minutes > 1 else "minute"
    floors = condition.floors
    steps = ((floors.medium, "medium"), (floors.high, "high"), (floors.critical, "critical"))
    listed = ", ".join(f"{least} or more errors are {word}" for least, word in steps if least is not None)
    odds = METHODS[condition.method].format(odds=f"{1 / condition.alpha:,.0f}", k=condition.k)
    unusual = f"After a week a window that {odds} is unusual"
    if condition.floor_mode == "always":
        return [
            f"In any {window}: {listed}. This holds before and after the baseline is established.",
            f"{unusual}: medium, or high when the window before it was unusual too.",
        ]
    return [
        f"Until a week has been observed, in any {window}: {listed}.",
        f"{unusual}: medium. It is high with at least {floors.high} errors when it is far above usual, or the window "
        f"before it or the whole hour is unusual too; critical when it is high with at least {floors.critical} errors.",
    ]
