"""Reads of rules for their pages: the catalogue, versions, evaluations, baselines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, QuerySet

from detections.rules.active_rules import InForce, spec_of
from detections.rules.lifecycle.state import RuleState, States, environments_of
from detections.rules.models import Baseline, Evaluation, FixtureRun, Rule, RuleVersion, Scope
from opsconsole.lib.clock import floor_hour

NEVER = datetime.min.replace(tzinfo=UTC)
RECENT = timedelta(days=7)
FIRING_WITHIN = timedelta(minutes=2)  # the going slot says nothing before something arrives; the last one does


@dataclass(frozen=True)
class Listed:
    """A rule with what the catalogue says of it. `states` are (environment path, state), one per environment."""

    in_force: InForce
    states: tuple[tuple[str, RuleState], ...]
    validated_at: datetime | None
    firing: int

    @property
    def rule(self) -> Rule:
        return self.in_force.rule

    @property
    def category(self) -> str:
        """What it is listed under."""
        return self.in_force.spec.category or "other"

    @property
    def validated_or_never(self) -> datetime:
        """The last validation, for sorting; the beginning of time where there is none."""
        return self.validated_at or NEVER


def known_rules(identifiers: Iterable[str] | None = None) -> list[InForce]:
    """All rules with a readable current version, whatever their mode; one query."""
    rules = Rule.objects.filter(current__isnull=False).select_related("current")
    return [
        InForce(rule, rule.current, spec)
        for rule in (rules if identifiers is None else rules.filter(identifier__in=identifiers))
        if rule.current is not None and (spec := spec_of(rule.current)) is not None
    ]


def catalogue(now: datetime) -> list[Listed]:
    """Every rule with its states, last validation and scopes that fire. The number of queries is constant."""
    rules = known_rules()
    states = states_of(rules, now)
    validated = last_validated(r.version for r in rules)
    firing = firing_scopes(now)
    return [Listed(r, states[r.rule.id], validated.get(r.version.id), firing.get(r.rule.id, 0)) for r in rules]


def states_of(rules: Sequence[InForce], now: datetime) -> dict[int, tuple[tuple[str, RuleState], ...]]:
    """By rule id, (environment path, state) for each environment that the rule is about."""
    places = environments_of(rules)
    states = States(rules, {e for found in places.values() for e in found}, now)
    return {r.rule.id: tuple((e.path, states.of(r, e)) for e in places[r.rule.id]) for r in rules}


def last_validated(versions: Iterable[RuleVersion]) -> dict[int, datetime]:
    """By version id, its newest passing run of fixtures."""
    runs = FixtureRun.objects.filter(version__in=[v.id for v in versions], passed=True)
    return dict(runs.values_list("version_id").annotate(at=Max("at")))


def firing_scopes(now: datetime) -> dict[int, int]:
    """By rule id, how many scopes fire now, shadow ones left out."""
    return dict(_firing(now).values_list("scope__rule_id").annotate(n=Count("scope")))


def firing_by_environment(rule: Rule, now: datetime) -> dict[str, int]:
    """The same of one rule, by the path of the environment that a scope lies in."""
    where = "scope__project_environment__environment"
    counted = _firing(now).filter(scope__rule=rule).values_list(f"{where}__system__slug", f"{where}__slug")
    return {f"{system}/{name}": n for system, name, n in counted.annotate(n=Count("scope"))}


def _firing(now: datetime) -> QuerySet[Evaluation]:
    """Of each scope that fires now, its newest evaluation: one that recovers has a newer one that is clear."""
    recent = Evaluation.objects.filter(slot_end__gt=now - FIRING_WITHIN)
    newest = recent.order_by("scope", "-slot_end", "-revision").distinct("scope").values("pk")
    return recent.filter(pk__in=newest, outcome=Evaluation.Outcome.FIRING, shadow=False)


def rule_named(identifier: str) -> Rule | None:
    return Rule.objects.select_related("current").filter(identifier=identifier).first()


def versions_of(rule: Rule, most: int = 20) -> list[RuleVersion]:
    """The newest versions, newest first."""
    return list(RuleVersion.objects.filter(rule=rule).select_related("author").order_by("-number")[:most])


def fixture_runs(version: RuleVersion, most: int = 5) -> list[FixtureRun]:
    return list(version.fixture_runs.select_related("by").order_by("-at")[:most])


def evaluations(rule: Rule, now: datetime, most: int = 20) -> list[Evaluation]:
    """The newest evaluations of a rule in the last week, over all its scopes."""
    rows = Evaluation.objects.filter(scope__rule=rule, slot_end__gt=now - RECENT).order_by("-slot_end", "-id")
    return list(rows.select_related("scope__project_environment__project", "evidence", "version")[:most])


def suppressed_scopes(rule: Rule) -> dict[str, int]:
    """By environment path, the number of suppressed scopes: their alert was resolved by hand."""
    where = "project_environment__environment"
    rows = Scope.objects.filter(rule=rule, suppression__isnull=False).values_list(
        f"{where}__system__slug", f"{where}__slug"
    )
    return {f"{system}/{name}": n for system, name, n in rows.annotate(n=Count("pk"))}


def scopes_of(rule: Rule, most: int = 50) -> QuerySet[Scope]:
    """Scopes, those that fired last first."""
    rows = Scope.objects.filter(rule=rule).select_related("project_environment__project")
    return rows.order_by("-settling_until", "id")[:most]


def newest_baselines(scopes: Collection[Scope], now: datetime) -> dict[int, Baseline]:
    """By scope id, the estimate in force, of the source with most coverage."""
    rows = Baseline.objects.filter(scope__in=[s.id for s in scopes], hour=floor_hour(now)).order_by("covered_hours")
    return {row.scope_id: row for row in rows}
