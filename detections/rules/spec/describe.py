"""Pure: descriptions of a rule and its state in sentences (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.selector import Selector
from detections.rules.spec.signature import PATTERNS, Signature

GROUPS = {
    "prefix": "all routes under the prefix together",
    "route": "each route by itself",
    "issue": "each issue by itself",
    "variable": "each variable of a deployment by itself",
    "rule": "each rule by itself",
    "check": "each check by itself",
    "part": "each part of the console by itself",
    "probe": "each check of each target by itself",
    "none": "everything together",
}
WEEK_HOURS = 168
SOURCES = {
    "sentry": "Sentry events",
    "router": "5xx lines of the router",
    "sentry_api": "Sentry's own counts",
    "api": "counts sent to the API",
    "probe": "checks of the probe",
    "config": "configuration reports",
    "console": "evaluations of this console",
}


def errors(count: int) -> str:
    """`1 error`, `1,234 errors`."""
    return "1 error" if count == 1 else f"{count:,} errors"


def minutes(count: int) -> str:
    """`1 minute`, `5 minutes`."""
    return "1 minute" if count == 1 else f"{count} minutes"


def learnt_days(covered_hours: float | None) -> str:
    """How much of a baseline's week is covered: `3.2 of 7 days`; rounded down. Without an estimate nobody has looked
    how much is: a route's first error may come when all of it is."""
    if covered_hours is None:
        return "not estimated yet"
    share = min(1.0, covered_hours / WEEK_HOURS)
    return f"{floor(share * 70) / 10:.1f} of 7 days"


def learning(covered_hours: float | None) -> str:
    """The text, beside the word Baseline, for one that is not established: `learning, 3.2 of 7 days` or `not
    estimated yet`."""
    days = learnt_days(covered_hours)
    return days if covered_hours is None else f"learning, {days}"


def learning_begins(limit: int | None) -> str:
    """The text for a rule without scopes; `limit` is its threshold."""
    begins = "It begins with the first error that the selector counts."
    return begins if limit is None else f"{begins} The rule fires from {limit} while it is learnt."


def source_name(name: str) -> str:
    """The name of a source in texts: `Sentry events`."""
    return SOURCES.get(name, name)


def state_line(
    name: str, *, source: str = "", waits_for: Sequence[str] = (), until: str = "", unlinked: str = ""
) -> str:
    """What the state of a rule means for people on call, in one line. `until` is the end of a mute in words, `unlinked`
    says what events come under other names while none came under the environment's."""
    if unlinked and name == "active":
        return f"Active, but it has nothing to judge: no event of this environment ever came. {unlinked}"
    in_shadow = "judged and recorded, nobody is notified"
    lines = {
        "draft": "Draft: not judged, nobody is notified.",
        "dormant": f"Dormant: waits for {' and '.join(waits_for) or 'a source that delivers'}. Until then {in_shadow}; "
        "it becomes active by itself.",
        "shadow": f"Shadow: {in_shadow}.",
        "active": f"Active: judged on {source_name(source)}, alerts go out.",
        "muted": f"Muted{f' until {until}' if until else ''}: judged, its alerts are there and hidden, "
        "their messages wait; then active again by itself.",
        "retired": "Retired: kept with its history, judged no more.",
    }
    return lines[name]


def selects(spec: RuleSpec) -> str:
    """What the rule counts or reads, in one sentence."""
    selector = spec.selector
    project = f"project {selector.project}" if selector.project else "every project"
    environment = selector.environment or "every environment"
    where = _both(selector) or f"{project} in {environment}"
    if not spec.counts:
        return f"{spec.conditions[0].selects(where)}; {GROUPS[spec.group_by]}."
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


def idle_reason(spec: RuleSpec, *, has_environment: bool) -> str:
    """Why no series matches a rule in force; `has_environment`: whether its selector names an existing environment."""
    selector = spec.selector
    where = _both(selector) or (f"project {selector.project}" if selector.project else selector.environment)
    if not has_environment:
        return f"Watches nothing: there is no {where or 'environment'}. Check the selector, or set it up under Systems."
    seen = f"{where or 'any project'}{f' on {selector.route}' if selector.route else ''}"
    return (
        f"In force, and begins with the first error that it counts: no error of {seen} was ever counted. Send one to "
        "try it; check the selector if one was sent."
    )


def unlinked_reason(spec: RuleSpec, says: str) -> str:
    """Why a rule has no events although its project sends some; `says` names what they say instead."""
    selector = spec.selector
    where = _both(selector) or selector.environment
    return f"Watches nothing so far: no event of {where} ever came. {says}"


def _both(selector: Selector) -> str:
    """`project/environment` where the selector names both; otherwise empty."""
    return f"{selector.project}/{selector.environment}" if selector.project and selector.environment else ""


def thresholds(spec: RuleSpec) -> list[str]:
    """When the rule fires and its alert ends, a sentence each."""
    lines = [sentence for condition in spec.conditions for sentence in condition.sentences()]
    direct = [s for s in spec.signatures if s.severity]
    if direct:
        lines.append(f"Known failures fire whatever the count: {', '.join(s.name for s in direct)}.")
    waits = (
        f"An alert opens once this held for {spec.for_minutes} minutes"
        if spec.for_minutes
        else "An alert opens at once"
    )
    lines.append(f"{waits}, and ends when it has not held for {spec.keep_firing_minutes} minutes.")
    return lines


def pattern(signature: Signature) -> str:
    """What a signature matches, in one line."""
    if signature.unreported:
        return f"5xx lines of the router while no event came, {_times(signature)}"
    fields = [(name, signature.pattern(name)) for name in PATTERNS]
    joined = " and ".join(f"{name} “{text}”" for name, text in fields if text)
    return f"{joined}{', as a regular expression' if signature.syntax == 'regex' else ''}{_often(signature)}"


def _often(signature: Signature) -> str:
    return f", {_times(signature)}" if signature.times > 1 else ""


def _times(signature: Signature) -> str:
    return f"{signature.times} times in {signature.minutes} minutes" if signature.times > 1 else "once"
