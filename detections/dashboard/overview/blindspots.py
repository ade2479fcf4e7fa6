"""Blind spots: failing routes without an active rule, dormant and idle rules, names of environments that nothing has,
silent sources, stale reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import open_findings
from bootstrap.prerequisites import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.dashboard.routes.covering_rules import CoveringRule, RulesByEnvironment
from detections.rules.active_rules import LoadedRule
from detections.rules.counting.idle_rules import rules_with_series
from detections.rules.models import Rule
from detections.rules.spec import describe
from detections.telemetry import queries
from detections.telemetry.environment_links import UnlinkedName, unlinked_names
from detections.telemetry.models import ProjectEnvironment, Series

# An application in use has an error within a day; a shorter gap may be a quiet night.
SILENT_AFTER = timedelta(hours=24)
SHOWN = 10  # of each kind

Spot = TypeVar("Spot")
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Spots(Generic[Spot]):
    """The first blind spots of a kind, and the number of all."""

    rows: list[Spot]
    total: int

    @property
    def more(self) -> int:
        """The number of those beyond the rows."""
        return self.total - len(self.rows)

    def __iter__(self) -> Iterator[Spot]:
        return iter(self.rows)


@dataclass(frozen=True)
class DormantRule:
    """A rule that is dormant in an environment, with its unmet prerequisites there."""

    rule: Rule
    environment: Environment
    waits_for: tuple[PrerequisiteState, ...]


@dataclass(frozen=True)
class IdleRule:
    """A rule in force that no series matches; `why` is a sentence. `waits`: its environment exists, so that the first
    event is all that it lacks."""

    rule: Rule
    why: str
    waits: bool


@dataclass(frozen=True)
class BlindSpots:
    """The blind spots by kind; a kind without rows means that none of it is known."""

    dormant: Spots[DormantRule]
    uncovered: Spots[Series]
    silent: Spots[ProjectEnvironment]
    idle: Spots[IdleRule]
    stale: Spots[Finding]
    unlinked: Spots[UnlinkedName]

    @property
    def count(self) -> int:
        kinds = (self.dormant, self.uncovered, self.silent, self.idle, self.stale, self.unlinked)
        return sum(each.total for each in kinds)


def dormant_rules(rules: RulesByEnvironment) -> list[DormantRule]:
    """The rules that are dormant, once for each environment."""
    return [
        DormantRule(rule.rule, environment, state.unmet)
        for rule in rules.rules
        for environment in rules.environments[rule.rule.pk]
        if (state := rules.states.of(rule, environment)).name == "dormant"
    ]


def idle_rules(
    rules: RulesByEnvironment, dormant: Sequence[DormantRule], unlinked: Sequence[UnlinkedName] = ()
) -> list[IdleRule]:
    """Rules in force that no series matches, dormant ones left out. Two queries. One whose project sends under names
    that no environment has does not just wait for events."""
    dormant_ids = {each.rule.pk for each in dormant}
    others = [rule for rule in rules.rules if rule.rule.pk not in dormant_ids]
    with_series = rules_with_series([rule for rule in others if rules.environments[rule.rule.pk]])
    idle = [(rule, bool(rules.environments[rule.rule.pk])) for rule in others if rule.rule.pk not in with_series]
    return [_idle(rule, exists, unlinked) for rule, exists in idle]


def _idle(rule: LoadedRule, exists: bool, unlinked: Sequence[UnlinkedName]) -> IdleRule:
    selector = rule.spec.selector
    there = [each for each in unlinked if selector.project in ("", each.place.project.slug)]
    if exists and selector.environment and there:
        return IdleRule(rule.rule, describe.unlinked_reason(rule.spec, there[0].says), waits=False)
    return IdleRule(rule.rule, describe.idle_reason(rule.spec, has_environment=exists), waits=exists)


def uncovered(failing: Sequence[Series], covering: Mapping[int, Sequence[CoveringRule]]) -> list[Series]:
    """Those of the failing routes that no armed rule counts."""
    return [series for series in failing if not any(each.state.armed for each in covering[series.pk])]


def stale_reports() -> QuerySet[Finding]:
    """The open finding of each deployment whose configuration reports are stale."""
    return open_findings().filter(kind=Finding.Kind.STALE)


def blind_spots(
    failing: Sequence[Series], covering: Mapping[int, Sequence[CoveringRule]], rules: RulesByEnvironment, now: datetime
) -> BlindSpots:
    """The blind spots of all kinds; `failing` are the routes with errors, `covering` by series id the rules that count
    them."""
    dormant, unlinked = dormant_rules(rules), unlinked_names(now)
    return BlindSpots(
        _first(dormant),
        _first(uncovered(failing, covering)),
        _read(queries.silent_environments(now, quiet_for=SILENT_AFTER)),
        _first(idle_rules(rules, dormant, unlinked)),
        _read(stale_reports()),
        _first(unlinked),
    )


def _first(spots: list[Spot]) -> Spots[Spot]:
    return Spots(spots[:SHOWN], len(spots))


def _read(spots: QuerySet[Row]) -> Spots[Row]:
    """One query, which reads no more than are shown, and one that counts them if there are more."""
    rows = list(spots[: SHOWN + 1])
    return Spots(rows[:SHOWN], len(rows) if len(rows) <= SHOWN else spots.order_by().count())
