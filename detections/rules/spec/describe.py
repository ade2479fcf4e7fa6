"""Pure: what a rule does, in sentences (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from detections.rules.spec.conditions import ConfigFinding, Exceedance, RuleHealth
from detections.rules.spec.schema import PATTERNS, RuleSpec, Signature

GROUPS = {
    "prefix": "all routes under the prefix together",
    "route": "each route by itself",
    "issue": "each issue by itself",
    "variable": "each variable of a deployment by itself",
    "rule": "each rule by itself",
    "none": "everything together",
}
METHODS = {
    "nb_tail": "chance explains less often than once in {odds} windows",
    "poisson_tail": "pure chance (Poisson) explains less often than once in {odds} windows",
    "mu_plus_k_sigma": "is more than the mean plus {k:g} standard deviations",
}


WEEK_HOURS = 168
SOURCES = {
    "sentry": "Sentry events",
    "router": "5xx lines of the router",
    "sentry_api": "Sentry's own counts",
    "api": "counts sent to the API",
    "probe": "checks of the probe",
    "config": "configuration reports",
    "console": "what this console makes of its own slots",
}


def errors(count: int) -> str:
    """`1 error`, `1,234 errors`."""
    return "1 error" if count == 1 else f"{count:,} errors"


def minutes(count: int) -> str:
    """`1 minute`, `5 minutes`."""
    return "1 minute" if count == 1 else f"{count} minutes"


def learnt_days(covered_hours: float | None) -> str:
    """How far the week is of which a baseline is made: `3.2 of 7 days`. Never rounded up to the whole week."""
    share = min(1.0, (covered_hours or 0.0) / WEEK_HOURS)
    return f"{floor(share * 70) / 10:.1f} of 7 days"


def learning(covered_hours: float | None) -> str:
    """The one wording for a baseline that is not established: `Baseline: 3.2 of 7 days`."""
    return f"Baseline: {learnt_days(covered_hours)}"


def learning_begins(limit: int | None) -> str:
    """What holds before anything was counted."""
    begins = "It begins with the first error that the selector counts."
    return begins if limit is None else f"{begins} The rule fires from {limit} while it is learnt."


def source(name: str) -> str:
    """A source as people call it."""
    return SOURCES.get(name, name)


def state_line(name: str, *, stands_on: str = "", waits_for: Sequence[str] = (), until: str = "") -> str:
    """What the state of a rule means for whoever is on call, in one line. `until` is the end of a mute in words."""
    quietly = "judged and recorded, nobody is told"
    lines = {
        "draft": "Draft: not judged, nobody is told.",
        "dormant": f"Dormant: waits for {' and '.join(waits_for) or 'a source that delivers'}. Until then {quietly}; "
        "it becomes active by itself.",
        "shadow": f"Shadow: {quietly}.",
        "active": f"Active: judged on {source(stands_on)}, alerts go out.",
        "muted": f"Muted {f'until {until}' if until else 'without an end'}: {quietly}; "
        + ("then active again by itself." if until else "activate it to end that."),
        "retired": "Retired: kept with its history, judged no more.",
    }
    return lines[name]


def selects(spec: RuleSpec) -> str:
    """What is counted or read, in one sentence."""
    selector = spec.selector
    where = f"project {selector.project}" if selector.project else "every project"
    where += f" in {selector.environment}" if selector.environment else " in every environment"
    if spec.config_finding:
        return f"Reads what the configuration reports of {where} show{_of(spec.config_finding)}; {GROUPS['variable']}."
    if spec.rule_health:
        return f"Watches whether the other rules can be judged in {where}; {GROUPS['rule']}."
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


def watches_nothing(spec: RuleSpec, *, place: bool) -> str:
    """Why a rule that is in force has nothing to judge; `place`: whether an environment fits its selector."""
    selector = spec.selector
    where = " in ".join(filter(None, (selector.project and f"project {selector.project}", selector.environment)))
    if not place:
        return f"Watches nothing: there is no {where or 'environment'}. Check the selector, or set it up under Systems."
    seen = f"{where or 'any project'}{f' on {selector.route}' if selector.route else ''}"
    return f"Watches nothing so far: no error of {seen} was ever counted. Check the selector if one should have been."


def thresholds(spec: RuleSpec) -> list[str]:
    """When it fires, a sentence each."""
    said = _exceedance(spec.exceedance) if spec.exceedance else []
    if spec.config_finding:
        said += _findings(spec.config_finding)
    if spec.rule_health:
        said.append(_unjudged(spec.rule_health))
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
    fields = [(name, signature.pattern(name)) for name in PATTERNS]
    joined = " and ".join(f"{name} “{text}”" for name, text in fields if text)
    return f"{joined}{', as a regular expression' if signature.syntax == 'regex' else ''}{_often(signature)}"


def _often(signature: Signature) -> str:
    return f", {_times(signature)}" if signature.times > 1 else ""


def _times(signature: Signature) -> str:
    return f"{signature.times} times in {signature.minutes} minutes" if signature.times > 1 else "once"


def _of(condition: ConfigFinding) -> str:
    variables = f" of {', '.join(condition.variables)}" if condition.variables else ""
    kinds = f", as far as it is {', '.join(kind.replace('_', ' ') for kind in condition.kinds)}"
    return variables + (kinds if condition.kinds else "")


def _findings(condition: ConfigFinding) -> list[str]:
    worth = condition.severities
    steps = (("critical", worth.critical), ("warning", worth.warning), ("info", worth.info))
    fires = [f"a finding of severity {found} is {severity}" for found, severity in steps if severity]
    quiet = [found for found, severity in steps if not severity]
    told = f"For as long as reports show it: {', '.join(fires)}."
    return [f"{told} One of severity {' or '.join(quiet)} fires nothing." if quiet else told]


def _unjudged(condition: RuleHealth) -> str:
    row = f"{condition.slots} slots in a row" if condition.slots > 1 else "one slot"
    return f"When judging a scope of another rule ended in an error {row}: {condition.severity}."


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
