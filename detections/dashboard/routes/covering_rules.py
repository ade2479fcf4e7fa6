"""The rules that cover a route, with their states, baselines and thresholds in its environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.systems.models import Environment
from detections.rules.active_rules import LoadedRule, environments, rules_in_force
from detections.rules.baseline.hourly_baselines import limits_of, load
from detections.rules.baseline.limits import Limits
from detections.rules.counting.counts import ScopeKey, Stream, key_of
from detections.rules.evaluation.compare_with_limits import threshold_of
from detections.rules.lifecycle.state import RuleState, RuleStates, environments_of
from detections.rules.models import Baseline, Scope
from detections.rules.spec import describe
from detections.telemetry.models import Series
from opsconsole.lib.clock import floor_hour


@dataclass(frozen=True)
class CoveringRule:
    """A rule that counts a route. `baseline` is that of the running hour; None where none is estimated yet."""

    rule: LoadedRule
    key: ScopeKey
    state: RuleState
    scope_id: int | None
    baseline: Baseline | None

    @property
    def window_minutes(self) -> int:
        condition = self.rule.spec.exceedance
        return condition.window_minutes if condition else 0

    @property
    def limits(self) -> Limits | None:
        return limits_of(self.baseline)

    @property
    def expected(self) -> float | None:
        """Expected errors in a window; None before the baseline is established."""
        return self.baseline.mean if self.baseline and self.baseline.established else None

    @property
    def learning(self) -> str:
        """`learning, 3.2 of 7 days`; empty once the baseline is established, and where the rule counts nothing."""
        if self.expected is not None or not self.window_minutes:
            return ""
        return describe.learning(self.baseline.covered_hours if self.baseline else None)

    @property
    def threshold(self) -> int | None:
        """The least count of a window that fires; None where only signatures fire."""
        return threshold_of(self.rule.spec.exceedance, self.limits)


@dataclass(frozen=True)
class RulesByEnvironment:
    """The rules in force, the environments of each by rule id, and their states: read once for a page."""

    rules: list[LoadedRule]
    environments: dict[int, list[Environment]]
    states: RuleStates

    @classmethod
    def read(cls, now: datetime) -> RulesByEnvironment:
        rules = rules_in_force()
        by_rule = environments_of(rules)
        return cls(rules, by_rule, RuleStates(rules, {each for named in by_rule.values() for each in named}, now))


def stream_of(series: Series) -> Stream:
    paths = (series.route, series.url_path, series.selected_by)
    return Stream(series.pk, series.project_environment_id, series.source, series.kind, *paths)


def covering_rules(
    series: Sequence[Series], now: datetime, rules: RulesByEnvironment | None = None
) -> dict[int, list[CoveringRule]]:
    """By series id, the rules in force that count it, the most specific first. A fixed number of queries."""
    rules = rules or RulesByEnvironment.read(now)
    places = environments({each.project_environment_id for each in series})
    matches = [
        (each, rule, key)
        for each in series
        if (place := places.get(each.project_environment_id))
        for rule in sorted(rules.rules, key=_specific_first)
        if rule.applies_to(place) and (key := key_of(rule, stream_of(each)))
    ]
    scopes = _scopes({key for _, _, key in matches})
    baselines = load(list(scopes.values()), floor_hour(now))
    by_series: dict[int, list[CoveringRule]] = {each.pk: [] for each in series}
    for each, rule, key in matches:
        scope = scopes.get(key)
        state = rules.states.in_project(rule, places[each.project_environment_id])
        baseline = baselines.get((scope.pk, each.source)) if scope else None
        by_series[each.pk].append(CoveringRule(rule, key, state, scope.pk if scope else None, baseline))
    return by_series


def primary_rule(rules: Sequence[CoveringRule]) -> CoveringRule | None:
    """The rule shown for a route: the most specific armed one, else the most specific; None without rules."""
    return next((each for each in rules if each.state.armed), rules[0] if rules else None)


def _scopes(keys: set[ScopeKey]) -> dict[ScopeKey, Scope]:
    rows = Scope.objects.filter(
        rule__in={key.rule_id for key in keys}, project_environment__in={key.project_environment_id for key in keys}
    )
    by_key = {ScopeKey(row.rule_id, row.project_environment_id, row.group_key): row for row in rows}
    return {key: row for key, row in by_key.items() if key in keys}


def _specific_first(rule: LoadedRule) -> tuple[int, str]:
    return (-len(rule.spec.selector.route), rule.rule.identifier)
