"""Judges a deployment: from rules, reported states and sign-offs to violations (pure; docs/decisions/0007).

Whether a variable is needed follows from its `required_when` and the facts of the newest report: always, by a condition
that is true, or not. Where `required_when` is prose, which nothing can evaluate, the variable counts as in use while a
checklist item about it applies. In the table, "breaks" is a failure mode in BREAKS, and w stands for warning:

| finding                   | always                              | by condition             | in use  | not needed |
|---------------------------|-------------------------------------|--------------------------|---------|------------|
| missing, empty            | critical                            | breaks: critical, else w | warning | none       |
| bad_format, wrong_literal | breaks or unknown: critical, else w | breaks: critical, else w | warning | info       |
| fallback_active           | warning                             | warning                  | info    | none       |

A `wrong_literal` is a value that is none of the accepted ones, or not the one that the checklist wants here.

`forbidden_present`, `must_equal_broken`, `must_differ_broken` and `stale` are critical: somebody relies on something
that is not true. `changed_since_sign_off` and `flag_without_coverage` are warnings: nobody has checked.

Under a posture an absence is a finding whatever needs it, with the severity that the posture names for once it lapses.
What eases findings - postures in force, waivers, items that are not signed yet - is applied last, in `easing`.

A variable that the newest report leaves out is judged by its last reported state. There is no finding about a variable
that was never reported or is not known, the form or word of a value that the agent did not see, a literal that was
judged by an outdated manifest, a value without fingerprints, or a partner whose report is stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bootstrap.config_health.findings.easing import Easing, eased
from bootstrap.config_health.findings.flag_state import any_is_on
from bootstrap.config_health.findings.violation import CRITICAL, INFO, WARNING, Violation
from bootstrap.config_health.variable_status import (
    EMPTY,
    FRESH,
    IS_SET,
    SET,
    UNSET,
    JudgedVariable,
    is_fresh,
)
from bootstrap.systems.value_rules.expected_values import is_as_wanted
from bootstrap.systems.value_rules.flags import PREFIXES

BREAKS: Final = frozenset({"boot_fail", "http_501", "http_503", "http_5xx"})
FALLS_BACK: Final = "fallback_to"
ALWAYS, CONDITIONAL, UNKNOWN, NOT_NEEDED = "always", "conditional", "unknown", "not needed"


@dataclass(frozen=True)
class VariableRule:
    """What a variable has to be in one deployment. `need` is ALWAYS, CONDITIONAL, UNKNOWN or NOT_NEEDED.

    `accepted` are the literals that the runbook names, `expected` the one that checklist items want (empty: any),
    `words` all literals of the manifest, into which `accepted_index` of a report points. `aliases` are the other names
    of a flag.
    """

    name: str
    need: str
    required_when: str = ""
    accepted: tuple[str, ...] = ()
    expected: str = ""
    words: tuple[str, ...] = ()
    failure_mode: str = ""
    fallback_to: str = ""
    forbidden: bool = False
    is_flag: bool = False
    aliases: tuple[str, ...] = ()
    empty_is_unset: bool = True


@dataclass(frozen=True)
class ComparisonGroup:
    """Variables whose values must be equal, or must differ. `name` is the key of their fingerprints in reports."""

    name: str
    must_equal: bool
    members: tuple[tuple[int, str], ...]  # (deployment id, variable)


@dataclass(frozen=True)
class DeploymentInputs:
    """One deployment with all that it is judged by.

    - `accepted_absences`: by variable with a posture, the full severity of its absence and how the posture stands.
    - `easings`: by variable, what lets findings about it count for less.
    - `signed_fingerprints`: by variable, (group, fingerprint) at the time when its checklist item was signed.
    - `covered_flags`: flags that an open checklist names; None where no checklist is open.
    - `manifest_is_current`: the newest report was judged by today's manifest.
    - `first_token_at`: when the oldest token that is not revoked was made.
    - `overdue`: what is overdue in checklists.
    """

    id: int
    name: str
    rules: Sequence[VariableRule] = ()
    states: Mapping[str, JudgedVariable] = field(default_factory=dict)
    other_names: Sequence[str] = ()
    covered_flags: frozenset[str] | None = None
    accepted_absences: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    easings: Mapping[str, Sequence[Easing]] = field(default_factory=dict)
    signed_fingerprints: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    manifest_is_current: bool = True
    reported_at: datetime | None = None
    first_token_at: datetime | None = None
    overdue: Sequence[Violation] = ()


def violations(
    deployment: DeploymentInputs,
    groups: Sequence[ComparisonGroup],
    peers: Mapping[int, DeploymentInputs],
    now: datetime,
) -> list[Violation]:
    """All that is wrong with `deployment`, with the severities that count.

    `peers` are all deployments of the environment by id, this one too, with which `groups` compare it.
    """
    wrong = [*_staleness(deployment, now), *deployment.overdue]
    for rule in deployment.rules:
        judged = deployment.states.get(rule.name)
        if judged is not None:
            wrong += _of_variable(rule, judged, deployment)
    wrong += _groups(deployment, groups, peers, now)
    wrong += _flags(deployment)
    return [eased(each, deployment.easings.get(each.subject, ())) for each in wrong]


def _staleness(deployment: DeploymentInputs, now: datetime) -> Iterator[Violation]:
    hours = int(FRESH.total_seconds() // 3600)
    since = deployment.reported_at or deployment.first_token_at
    if since is None or is_fresh(since, now):
        return
    if deployment.reported_at is None:
        yield Violation("", "stale", CRITICAL, f"No report yet, though a token was made {since:%Y-%m-%d %H:%M} UTC")
    else:
        yield Violation("", "stale", CRITICAL, f"No report for {hours} h; the last is of {since:%Y-%m-%d %H:%M} UTC")


def _of_variable(rule: VariableRule, judged: JudgedVariable, deployment: DeploymentInputs) -> Iterator[Violation]:
    if judged.state in (UNSET, EMPTY):
        yield from _absence(rule, judged, deployment)
        return
    if judged.state in IS_SET and rule.forbidden:
        yield Violation(rule.name, "forbidden_present", CRITICAL, "Set, but must not be set here")
    if judged.state != SET:
        return
    if judged.format_ok is False:
        yield Violation(rule.name, "bad_format", _wrong_severity(rule), f"Set, but malformed{_because(rule)}")
    if deployment.manifest_is_current and (wrong := _wrong_literal(rule, judged.accepted_index)):
        yield Violation(rule.name, "wrong_literal", _wrong_severity(rule), wrong)
    signed = deployment.signed_fingerprints.get(rule.name)
    if signed and judged.fingerprints.get(signed[0], signed[1]) != signed[1]:
        yield Violation(
            rule.name, "changed_since_sign_off", WARNING, "Its value is another than when its item was signed"
        )


def _wrong_literal(rule: VariableRule, index: int | None) -> str:
    """What is wrong with the value, which is the rule's word at `index` or (None) none of them; empty if nothing is."""
    if index is None:
        if rule.accepted:
            return f"Set to none of: {', '.join(rule.accepted)}"
        return f"Set, but not to {rule.expected}, which its checklist item wants" if rule.expected else ""
    if not rule.expected or index >= len(rule.words) or is_as_wanted(rule.words[index], rule.expected):
        return ""
    return f"Set to {rule.words[index]}, but its checklist item wants {rule.expected}"


def _absence(rule: VariableRule, judged: JudgedVariable, deployment: DeploymentInputs) -> Iterator[Violation]:
    own_value = judged.state == EMPTY and not rule.empty_is_unset
    word, kind = ("Empty", "empty") if judged.state == EMPTY else ("Unset", "missing")
    if rule.name in deployment.accepted_absences and not own_value:
        severity, why = deployment.accepted_absences[rule.name]
        yield Violation(rule.name, kind, severity, f"{word}; {why}")
        return
    if rule.need == NOT_NEEDED or rule.forbidden or rule.is_flag or own_value:
        return
    partner = deployment.states.get(rule.fallback_to) if rule.fallback_to else None
    if partner is not None and partner.state in IS_SET:
        severity = INFO if rule.need == UNKNOWN else WARNING
        detail = f"{word}, so that {rule.fallback_to} is used in its place{_because(rule)}"
        yield Violation(rule.name, "fallback_active", severity, detail)
        return
    yield Violation(rule.name, kind, _absence_severity(rule), f"{word}{_because(rule)}")


def _absence_severity(rule: VariableRule) -> str:
    if rule.need == ALWAYS:
        return CRITICAL
    return CRITICAL if rule.need == CONDITIONAL and rule.failure_mode in BREAKS else WARNING


def _wrong_severity(rule: VariableRule) -> str:
    if rule.need == NOT_NEEDED:
        return INFO
    breaks = rule.failure_mode in BREAKS or (rule.need == ALWAYS and not rule.failure_mode)
    return CRITICAL if breaks and rule.need != UNKNOWN else WARNING


def _because(rule: VariableRule) -> str:
    if rule.need == ALWAYS:
        return "; always required"
    if rule.need == NOT_NEEDED:
        return ", though nothing needs it now"
    return f"; required when: {rule.required_when}" if rule.required_when else "; its checklist item applies here"


def _groups(
    deployment: DeploymentInputs,
    groups: Sequence[ComparisonGroup],
    peers: Mapping[int, DeploymentInputs],
    now: datetime,
) -> Iterator[Violation]:
    if not is_fresh(deployment.reported_at, now):
        return
    for group in groups:
        for own_id, name in group.members:
            if own_id == deployment.id:
                yield from _compared(deployment, name, group, peers, now)


def _compared(
    deployment: DeploymentInputs,
    name: str,
    group: ComparisonGroup,
    peers: Mapping[int, DeploymentInputs],
    now: datetime,
) -> Iterator[Violation]:
    mine = _fingerprint(deployment, name, group, now)
    others = {
        (peers[pk].name, other): fingerprint
        for pk, other in group.members
        if (pk, other) != (deployment.id, name)
        and pk in peers
        and (fingerprint := _fingerprint(peers[pk], other, group, now))
    }
    if mine is None or not others:
        return
    wrong = sorted(where for where, fingerprint in others.items() if (fingerprint == mine) is not group.must_equal)
    if wrong:
        named = ", ".join(f"{other} of {where}" for where, other in wrong)
        kind, word = ("must_equal_broken", "Differs from") if group.must_equal else ("must_differ_broken", "Equal to")
        rule = "must be equal" if group.must_equal else "must differ"
        yield Violation(name, kind, CRITICAL, f"{word} {named}, but they {rule}")


def _fingerprint(deployment: DeploymentInputs, name: str, group: ComparisonGroup, now: datetime) -> str | None:
    judged = deployment.states.get(name)
    if judged is None or judged.state != SET or not is_fresh(deployment.reported_at, now):
        return None
    return judged.fingerprints.get(group.name)


def _flags(deployment: DeploymentInputs) -> Iterator[Violation]:
    if deployment.covered_flags is None:
        return
    for rule in deployment.rules:
        names = (rule.name, *rule.aliases)
        reported = [deployment.states[name] for name in names if name in deployment.states]
        if rule.is_flag and deployment.covered_flags.isdisjoint(names) and any_is_on(reported):
            yield _uncovered(rule.name)
    present = {name for name in deployment.other_names if name.startswith(PREFIXES)}
    yield from map(_uncovered, sorted(present - deployment.covered_flags))


def _uncovered(name: str) -> Violation:
    return Violation(name, "flag_without_coverage", WARNING, "Set, but no open checklist names it")
