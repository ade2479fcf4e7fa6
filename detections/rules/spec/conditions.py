"""Pure: the kinds of condition of a rule, told apart by `kind` (no ORM).

A further kind is one more struct in `Condition`, and a judge for it.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from detections.rules.spec.primitives import Count, Name, Part, SeverityName
from detections.rules.statistics.tails import ONE_SIDED_3_SIGMA, Method

# What can be wrong with a variable, or with a deployment's reports (docs/decisions/0007).
FindingKind = Literal[
    "missing",
    "empty",
    "bad_format",
    "wrong_literal",
    "fallback_active",
    "forbidden_present",
    "changed_since_sign_off",
    "must_equal_broken",
    "must_differ_broken",
    "flag_without_coverage",
    "stale",
]


class Floors(Part, frozen=True):
    """Absolute counts in a sliding window. None switches a step off."""

    medium: Count | None = 1
    high: Count | None = 3
    critical: Count | None = 10

    def __post_init__(self) -> None:
        steps = [n for n in (self.medium, self.high, self.critical) if n is not None]
        if any(a >= b for a, b in itertools.pairwise(steps)):
            raise ValueError("floors: must rise, medium < high < critical")


class Exceedance(Part, frozen=True, tag_field="kind", tag="exceedance"):
    """More than usual: floors, and after a week the comparison with the baseline of the same scope.

    `floor_mode` always: floors stay in force beside the statistics. gated: after the baseline is established the
    floors count only where the statistics agree: medium at alpha, high at `high_alpha` or sustained or in a busy hour,
    critical as high with the critical floor.
    """

    window_minutes: Annotated[int, Meta(ge=1, le=30)] = 5
    method: Method = "nb_tail"
    k: Annotated[float, Meta(ge=1, le=20)] = 3.0
    alpha: Annotated[float, Meta(gt=0, lt=0.5)] = ONE_SIDED_3_SIGMA
    high_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-5
    hour_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-4
    floors: Floors = Floors()
    floor_mode: Literal["always", "gated"] = "gated"
    early_from_hours: Annotated[int, Meta(ge=24, le=168)] | None = None  # statistics before the week is full
    alarms_per_week: Annotated[float, Meta(gt=0, le=10_000)] | None = None  # budget over all series; replaces alpha


class FindingSeverities(Part, frozen=True):
    """The alert's severity for each severity of a finding. None: such findings fire nothing."""

    critical: SeverityName | None = "critical"
    warning: SeverityName | None = "medium"  # a posture allows it for now: the digest is enough
    info: SeverityName | None = None


class ConfigFinding(Part, frozen=True, tag_field="kind", tag="config_finding"):
    """What an environment reports of its configuration is not what its checklist asks for.

    Fires in a minute in which a finding of these kinds, about a variable that one of the globs matches, was open.
    """

    kinds: tuple[FindingKind, ...] = ()  # empty: all
    variables: tuple[Name, ...] = ()  # globs over names; empty: all, and the report as a whole
    severities: FindingSeverities = FindingSeverities()


class RuleHealth(Part, frozen=True, tag_field="kind", tag="rule_health"):
    """Another rule cannot be judged: in a scope of it, the last `slots` slots all ended in an error.

    Rules of this kind are not looked at, so a fault in the looking cannot call for itself.
    """

    slots: Annotated[int, Meta(ge=1, le=60)] = 3  # one may be a restart, three in a row are a fault
    severity: SeverityName = "high"  # a blind rule is as grave as what it would have seen at its commonest


Condition = Exceedance | ConfigFinding | RuleHealth


class Reading(NamedTuple):
    """What a rule that reads findings, instead of counting, has to say: its kind, its one source, its groups."""

    kind: str
    source: str
    group_by: str
    about: str


READINGS: dict[type[Part], Reading] = {
    ConfigFinding: Reading("config_finding", "config", "variable", "configuration"),
    RuleHealth: Reading("rule_health", "console", "rule", "rules"),
}
