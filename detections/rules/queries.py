"""Queries of rules for pages: the catalogue, versions, evaluations, baselines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from detections.rules.active_rules import LoadedRule, spec_of
from detections.rules.baseline.hourly_baselines import in_force
from detections.rules.lifecycle.state import RuleState, RuleStates, environments_of, mode_now
from detections.rules.matching.places import Unmatched
from detections.rules.matching.unmatched import unmatched_rules
from detections.rules.models import Baseline, Evaluation, FixtureRun, Rule, RuleVersion, Scope
from detections.rules.silence_models import with_mutes
from detections.telemetry.routes import MORE
from opsconsole.lib.clock import floor_hour

NEVER = datetime.min.replace(tzinfo=UTC)
RECENT = timedelta(days=7)
JUDGED_WITHIN = timedelta(days=30)
FIRING_WITHIN = timedelta(minutes=2)  # the running slot may have no evaluation yet; the last one has


@dataclass(frozen=True)
class JudgedAlerts:
    """The number of alerts that people judged, and of the false positives among them."""

    total: int
    false: int


@dataclass(frozen=True)
class CatalogueRule:
    """A rule in the catalogue: its states as (environment path, state), last validation and number of firing scopes;
    what of its selector matches nothing."""

    in_force: LoadedRule
    states: tuple[tuple[str, RuleState], ...]
    validated_at: datetime | None
    firing: int
    mode: str
    unmatched: Sequence[Unmatched] = ()

    @property
    def rule(self) -> Rule:
        return self.in_force.rule

    @property
    def category(self) -> str:
        """The category that it is listed under."""
        return self.in_force.spec.category or "other"

    @property
    def validated_or_never(self) -> datetime:
        """The last validation, NEVER without one; to sort by."""
        return self.validated_at or NEVER


def known_rules(identifiers: Iterable[str] | None = None) -> list[LoadedRule]:
    """The rules with a readable current version, in any mode (only those of `identifiers`). One query."""
    rules = with_mutes(Rule.objects.filter(current__isnull=False)).select_related("current")
    return [
        LoadedRule(rule, rule.current, spec)
        for rule in (rules if identifiers is None else rules.filter(identifier__in=identifiers))
        if rule.current is not None and (spec := spec_of(rule.current)) is not None
    ]


def catalogue(now: datetime) -> list[CatalogueRule]:
    """All rules with states, last validation and number of firing scopes. A fixed number of queries."""
    rules = known_rules()
    states = states_of(rules, now)
    validated = last_validated(r.version for r in rules)
    firing, unmatched = firing_scopes(now), unmatched_rules(rules, now)
    return [
        CatalogueRule(
            r,
            states[r.rule.id],
            validated.get(r.version.id),
            firing.get(r.rule.id, 0),
            mode_now(r.rule, now),
            unmatched.get(r.rule.id, ()),
        )
        for r in rules
    ]


def states_of(rules: Sequence[LoadedRule], now: datetime) -> dict[int, tuple[tuple[str, RuleState], ...]]:
    """By rule id, (environment path, state) for each environment of the rule."""
    by_rule = environments_of(rules)
    states = RuleStates(rules, {e for named in by_rule.values() for e in named}, now)
    return {r.rule.id: tuple((e.path, states.of(r, e)) for e in by_rule[r.rule.id]) for r in rules}


def last_validated(versions: Iterable[RuleVersion]) -> dict[int, datetime]:
    """By version id, the time of its newest passing fixture run."""
    runs = FixtureRun.objects.filter(version__in=[v.id for v in versions], passed=True)
    return dict(runs.values_list("version_id").annotate(at=Max("at")))


def firing_scopes(now: datetime) -> dict[int, int]:
    """By rule id, the number of scopes that fire now and not in shadow."""
    return dict(_firing(now).values_list("scope__rule_id").annotate(n=Count("scope")))


def firing_by_environment(rule: Rule, now: datetime) -> dict[str, int]:
    """By environment path, the number of the rule's scopes that fire now and not in shadow."""
    environment = "scope__project_environment__environment"
    counted = _firing(now).filter(scope__rule=rule).values_list(f"{environment}__system__slug", f"{environment}__slug")
    return {f"{system}/{name}": n for system, name, n in counted.annotate(n=Count("scope"))}


def _firing(now: datetime) -> QuerySet[Evaluation]:
    """The newest evaluation of each scope that fires now; a scope that recovers has a newer, clear one."""
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
    environment = "project_environment__environment"
    rows = Scope.objects.filter(rule=rule, suppression__isnull=False).values_list(
        f"{environment}__system__slug", f"{environment}__slug"
    )
    return {f"{system}/{name}": n for system, name, n in rows.annotate(n=Count("pk"))}


def judged_alerts(rule: Rule, now: datetime) -> JudgedAlerts:
    """How people judged the rule's alerts that opened in the last JUDGED_WITHIN. One query, by an index of judged ones
    only."""
    judged = rule.alerts.filter(opened_at__gt=now - JUDGED_WITHIN).exclude(disposition="")
    counted = judged.aggregate(total=Count("pk"), false=Count("pk", filter=Q(disposition="false_positive")))
    return JudgedAlerts(**counted)


def scopes_of(rule: Rule, most: int = 50) -> QuerySet[Scope]:
    """The rule's scopes, those that fired last first; without that of alerts that scopes share."""
    rows = Scope.objects.filter(rule=rule).exclude(group_key=MORE).select_related("project_environment__project")
    return rows.order_by("-settling_until", "id")[:most]


def newest_baselines(rule: LoadedRule, scopes: Sequence[Scope], now: datetime) -> dict[int, Baseline]:
    """By scope id of the rule, the estimate that it is judged by now; of several sources that with most coverage."""
    rows = in_force(scopes, {rule.rule.id: rule}, floor_hour(now)).values()
    return {row.scope_id: row for row in sorted(rows, key=lambda row: row.covered_hours)}
