"""The rules that cover a route, with their states, baselines and thresholds in its environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bootstrap.systems.models import Environment
from detections.rules.active_rules import LoadedRule, environments, rules_in_force
from detections.rules.baseline.hourly_baselines import in_force, limits_of
from detections.rules.baseline.limits import Limits
from detections.rules.counting.counts import ScopeKey, Stream, index_of, keys_of
from detections.rules.evaluation.compare_with_limits import threshold_of
from detections.rules.lifecycle.state import RuleState, RuleStates, environments_of
from detections.rules.models import Baseline, Scope
from detections.rules.spec import describe
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import floor_hour


@dataclass(frozen=True)
class CoveringRule:
    """A rule that counts a route. `baseline` is what it is judged by now; None where none is estimated yet, and with
    the scope's id before `with_baselines`."""

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


class _Here:
    """The rules that apply in a project environment, the most specific first, with their states in it."""

    def __init__(self, specific_first: Iterable[LoadedRule], states: RuleStates, place: ProjectEnvironment) -> None:
        applying = [rule for rule in specific_first if rule.applies_to(place)]
        self._globs = index_of(applying)
        self._rules = {rule.rule.id: (rule, states.in_project(rule, place)) for rule in applying}

    def covering(self, series: Series) -> list[CoveringRule]:
        """The rules that count the series."""
        found = [(key, *self._rules[key.rule_id]) for key in keys_of(self._globs, stream_of(series))]
        return [CoveringRule(rule, key, state, None, None) for key, rule, state in found]


def stream_of(series: Series) -> Stream:
    paths = (series.route, series.url_path, series.selected_by)
    return Stream(series.pk, series.project_environment_id, series.source, series.kind, *paths)


def covering_rules(
    series: Sequence[Series], now: datetime, places: Mapping[int, ProjectEnvironment] | None = None
) -> dict[int, list[CoveringRule]]:
    """By series id, the rules in force that count it, the most specific first. A fixed number of queries, one less with
    the `places_of` series that were read with them."""
    if places is None:
        places = environments({each.project_environment_id for each in series})
    return with_baselines(series, matching_rules(series, RulesByEnvironment.read(now), places), now)


def places_of(series: Iterable[Series]) -> dict[int, ProjectEnvironment]:
    """By id, the environments of enabled projects of series that `telemetry.queries.placed` has read."""
    return {each.project_environment_id: each.project_environment for each in series if each.project.enabled}


def matching_rules(
    series: Iterable[Series], rules: RulesByEnvironment, places: Mapping[int, ProjectEnvironment]
) -> dict[int, list[CoveringRule]]:
    """As `covering_rules`, but without scopes and baselines. No query. `places`: as `places_of`."""
    specific_first = sorted(rules.rules, key=_specific_first)
    here = {pk: _Here(specific_first, rules.states, place) for pk, place in places.items()}
    return {
        each.pk: here[each.project_environment_id].covering(each) if each.project_environment_id in here else []
        for each in series
    }


def with_baselines(
    series: Iterable[Series], covering: Mapping[int, Sequence[CoveringRule]], now: datetime
) -> dict[int, list[CoveringRule]]:
    """By series id, these series' rules of `covering`, with scopes and baselines. Two queries."""
    sources = {each.pk: each.source for each in series}
    scopes = _scopes({rule.key for pk in sources for rule in covering[pk]})
    by_id = {rule.rule.rule.id: rule.rule for pk in sources for rule in covering[pk]}
    baselines = in_force(list(scopes.values()), by_id, floor_hour(now))
    return {
        pk: [
            replace(rule, scope_id=scope.pk, baseline=baselines.get((scope.pk, source)))
            if (scope := scopes.get(rule.key))
            else rule
            for rule in covering[pk]
        ]
        for pk, source in sources.items()
    }


def primary_rule(rules: Sequence[CoveringRule]) -> CoveringRule | None:
    """The rule shown for a route: the most specific armed one, else the most specific; None without rules."""
    return next((each for each in rules if each.state.armed), rules[0] if rules else None)


def _scopes(keys: set[ScopeKey]) -> dict[ScopeKey, Scope]:
    rows = Scope.objects.filter(
        rule__in={key.rule_id for key in keys},
        project_environment__in={key.project_environment_id for key in keys},
        group_key__in={key.group_key for key in keys},
    )
    by_key = {ScopeKey(row.rule_id, row.project_environment_id, row.group_key): row for row in rows}
    return {key: row for key, row in by_key.items() if key in keys}


def _specific_first(rule: LoadedRule) -> tuple[int, str]:
    return (-len(rule.spec.selector.route), rule.rule.identifier)
