"""Which rules cover a route, how they stand in its environment, and what they find usual there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.systems.models import Environment
from detections.rules.active_rules import InForce, environments, rules_in_force
from detections.rules.baseline.limits import Limits
from detections.rules.baseline.store import limits_of, load
from detections.rules.counting.counts import ScopeKey, Stream, key_of
from detections.rules.evaluation.compare_with_limits import least_firing
from detections.rules.lifecycle.state import RuleState, States, environments_of
from detections.rules.models import Baseline, Scope
from detections.rules.spec import describe
from detections.telemetry.models import Series
from opsconsole.lib.clock import floor_hour


@dataclass(frozen=True)
class Covering:
    """One rule over one route. `baseline` is that of the running hour; None where none is estimated yet."""

    rule: InForce
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
        """Usual errors of a window; None before the baseline is established."""
        return self.baseline.mean if self.baseline and self.baseline.established else None

    @property
    def learning(self) -> str:
        """How far its baseline is, in words; empty once it is established, or where nothing is counted."""
        if self.expected is not None or not self.window_minutes:
            return ""
        return describe.learning(self.baseline.covered_hours if self.baseline else None)

    @property
    def fires_at(self) -> int | None:
        """The least count of a window that fires; None where only known failures fire."""
        return least_firing(self.rule.spec.exceedance, self.limits)


@dataclass(frozen=True)
class Rulebook:
    """The rules in force, where each is meant to be, and how they stand there: read once for a page."""

    rules: list[InForce]
    places: dict[int, list[Environment]]
    states: States

    @classmethod
    def read(cls, now: datetime) -> Rulebook:
        rules = rules_in_force()
        places = environments_of(rules)
        return cls(rules, places, States(rules, {place for found in places.values() for place in found}, now))


def stream_of(series: Series) -> Stream:
    where = (series.route, series.url_path)
    return Stream(series.pk, series.project_environment_id, series.source, series.kind, *where)


def covering(series: Sequence[Series], now: datetime, book: Rulebook | None = None) -> dict[int, list[Covering]]:
    """By series id, the rules in force that count it, the most specific first. A fixed number of queries."""
    book = book or Rulebook.read(now)
    places = environments({each.project_environment_id for each in series})
    found = [
        (each, rule, key)
        for each in series
        if (place := places.get(each.project_environment_id))
        for rule in sorted(book.rules, key=_specific_first)
        if rule.applies_to(place) and (key := key_of(rule, stream_of(each)))
    ]
    scopes = _scopes({key for _, _, key in found})
    usual = load(list(scopes.values()), floor_hour(now))
    by_series: dict[int, list[Covering]] = {each.pk: [] for each in series}
    for each, rule, key in found:
        scope = scopes.get(key)
        state = book.states.in_project(rule, places[each.project_environment_id])
        baseline = usual.get((scope.pk, each.source)) if scope else None
        by_series[each.pk].append(Covering(rule, key, state, scope.pk if scope else None, baseline))
    return by_series


def in_charge(found: Sequence[Covering]) -> Covering | None:
    """The rule that looks after a route: the most specific armed one, else the most specific, else none."""
    return next((each for each in found if each.state.armed), found[0] if found else None)


def _scopes(keys: set[ScopeKey]) -> dict[ScopeKey, Scope]:
    rows = Scope.objects.filter(
        rule__in={key.rule_id for key in keys}, project_environment__in={key.project_environment_id for key in keys}
    )
    by_key = {ScopeKey(row.rule_id, row.project_environment_id, row.group_key): row for row in rows}
    return {key: row for key, row in by_key.items() if key in keys}


def _specific_first(rule: InForce) -> tuple[int, str]:
    return (-len(rule.spec.selector.route), rule.rule.identifier)
