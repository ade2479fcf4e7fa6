"""Blind spots: failing routes without an active rule, dormant and idle rules, silent sources, stale reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import open_findings
from bootstrap.prerequisites import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.dashboard.routes.covering_rules import CoveringRule, RulesByEnvironment
from detections.rules.counting.idle_rules import rules_with_series
from detections.rules.models import Rule
from detections.rules.spec import describe
from detections.telemetry import queries
from detections.telemetry.models import ProjectEnvironment, Series

# An application in use has an error within a day; a shorter gap may be a quiet night.
SILENT_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class DormantRule:
    """A rule that is dormant in an environment, with its unmet prerequisites there."""

    rule: Rule
    environment: Environment
    waits_for: tuple[PrerequisiteState, ...]


@dataclass(frozen=True)
class IdleRule:
    """A rule in force that no series matches; `why` is a sentence."""

    rule: Rule
    why: str


@dataclass(frozen=True)
class BlindSpots:
    """The blind spots by kind; a list without entries means that none of its kind is known."""

    dormant: list[DormantRule]
    uncovered: list[Series]
    silent: list[ProjectEnvironment]
    idle: list[IdleRule]
    stale: list[Finding]

    @property
    def count(self) -> int:
        named = len(self.dormant) + len(self.idle) + len(self.stale)
        return named + len(self.uncovered) + len(self.silent)


def dormant_rules(rules: RulesByEnvironment) -> list[DormantRule]:
    """The rules that are dormant, once for each environment."""
    return [
        DormantRule(rule.rule, environment, state.unmet)
        for rule in rules.rules
        for environment in rules.environments[rule.rule.pk]
        if (state := rules.states.of(rule, environment)).name == "dormant"
    ]


def idle_rules(rules: RulesByEnvironment, dormant: Sequence[DormantRule]) -> list[IdleRule]:
    """Rules in force that no series matches, dormant ones left out. Two queries."""
    dormant_ids = {each.rule.pk for each in dormant}
    others = [rule for rule in rules.rules if rule.rule.pk not in dormant_ids]
    with_series = rules_with_series([rule for rule in others if rules.environments[rule.rule.pk]])
    return [
        IdleRule(rule.rule, describe.idle_reason(rule.spec, has_environment=bool(rules.environments[rule.rule.pk])))
        for rule in others
        if rule.rule.pk not in with_series
    ]


def uncovered(failing: Sequence[Series], covering: Mapping[int, Sequence[CoveringRule]]) -> list[Series]:
    """Those of the failing routes that no armed rule counts."""
    return [series for series in failing if not any(each.state.armed for each in covering[series.pk])]


def stale_reports() -> list[Finding]:
    """The open finding of each deployment whose configuration reports are stale. One query."""
    return list(open_findings().filter(kind=Finding.Kind.STALE))


def blind_spots(
    failing: Sequence[Series], covering: Mapping[int, Sequence[CoveringRule]], rules: RulesByEnvironment, now: datetime
) -> BlindSpots:
    """The blind spots of all kinds; `failing` are the routes with errors, `covering` by series id the rules that count
    them."""
    silent = queries.silent_environments(now, quiet_for=SILENT_AFTER)
    dormant = dormant_rules(rules)
    return BlindSpots(dormant, uncovered(failing, covering), silent, idle_rules(rules, dormant), stale_reports())
