"""The state of a rule in an environment: derived when it is read, never stored.

A rule is dormant where no source qualifies, which needs its prerequisites signed off; it becomes active by itself when
one does. Of the qualifying sources it uses the first in the rule's order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from bootstrap.prerequisites import PrerequisiteState, prerequisites_by_environment
from bootstrap.systems.models import Environment
from detections.rules.active_rules import LoadedRule
from detections.rules.counting.coverage import ALWAYS_CONNECTED, connected_sources
from detections.rules.models import Rule
from detections.rules.spec.describe import source_name
from detections.telemetry.models import Project, ProjectEnvironment

StateName = Literal["draft", "dormant", "shadow", "active", "muted", "retired"]


@dataclass(frozen=True)
class SourceState:
    """One source of a rule in one environment, with its prerequisites and whether it delivers."""

    source: str
    prerequisites: tuple[PrerequisiteState, ...]
    connected: bool

    @property
    def description(self) -> str:
        return source_name(self.source)

    @property
    def qualifies(self) -> bool:
        return self.connected and all(p.holds for p in self.prerequisites)

    @property
    def unmet(self) -> tuple[PrerequisiteState, ...]:
        return tuple(p for p in self.prerequisites if not p.holds)


@dataclass(frozen=True)
class RuleState:
    """The state's name, and the sources in the rule's order."""

    name: StateName
    sources: tuple[SourceState, ...]

    @property
    def source_in_use(self) -> str | None:
        """The first source that qualifies; None while the rule is dormant."""
        return next((s.source for s in self.sources if s.qualifies), None)

    @property
    def armed(self) -> bool:
        """Whether firings open alerts; the messages of a muted rule's alerts wait."""
        return self.name in ("active", "muted")

    @property
    def unmet(self) -> tuple[PrerequisiteState, ...]:
        """The unmet prerequisites of the first source that has any, while no source qualifies."""
        if self.source_in_use is not None:
            return ()
        return next((s.unmet for s in self.sources if s.unmet), ())

    @property
    def contradicted(self) -> bool:
        """Whether all unmet prerequisites are signed off and only contradicted by reports."""
        return bool(self.unmet) and all(need.contradicted for need in self.unmet)


class RuleStates:
    """The states of rules in environments, from a fixed number of queries."""

    def __init__(self, rules: Sequence[LoadedRule], environments: Collection[Environment], now: datetime) -> None:
        wanted = {p for r in rules for s in r.spec.selector.sources for p in s.prerequisites}
        self._prerequisites: Mapping[int, Mapping[str, PrerequisiteState]] = (
            prerequisites_by_environment(environments, wanted, now) if wanted and environments else {}
        )
        self._connected = connected_sources(now) if _needs_connection(rules) else set()
        self._now = now
        self._known: dict[tuple[int, int | None, int | None], RuleState] = {}

    def of(self, rule: LoadedRule, environment: Environment | None, project_id: int | None = None) -> RuleState:
        """The state in one environment; None is an environment name that is linked to no environment, where nothing is
        signed off. With `project_id` only sources that deliver for that project are connected."""
        key = (rule.version.pk, environment.pk if environment else None, project_id)
        if key not in self._known:
            self._known[key] = self._state(rule, environment, project_id)
        return self._known[key]

    def in_project(self, rule: LoadedRule, environment: ProjectEnvironment) -> RuleState:
        """The state in a project environment."""
        return self.of(rule, environment.environment, environment.project_id)

    def _state(self, rule: LoadedRule, environment: Environment | None, project_id: int | None) -> RuleState:
        known = self._prerequisites.get(environment.pk, {}) if environment else {}
        sources = tuple(
            SourceState(
                source.source,
                tuple(known.get(p) or _unknown(p) for p in source.prerequisites),
                not rule.spec.counts or self._is_connected(source.source, project_id),
            )
            for source in rule.spec.selector.sources
        )
        return RuleState(_name(rule.rule, sources, self._now), sources)

    def _is_connected(self, source: str, project_id: int | None) -> bool:
        if source in ALWAYS_CONNECTED:
            return True
        if project_id is None:
            return any(source == connected for connected, _ in self._connected)
        return (source, None) in self._connected or (source, project_id) in self._connected


def muted_now(rule: Rule, now: datetime) -> bool:
    """Whether the rule, read by `with_mutes`, is muted at `now`."""
    return rule.mode == Rule.Mode.ACTIVE and rule.muted_until is not None and rule.muted_until > now


def mode_now(rule: Rule, now: datetime) -> str:
    """The rule's mode as people see it: muted, or what is stored."""
    return "muted" if muted_now(rule, now) else str(rule.mode)


def environments_of(rules: Iterable[LoadedRule]) -> dict[int, list[Environment]]:
    """By rule id, the environments that its selector matches. One query."""
    projects = Project.objects.filter(app__system=OuterRef("system")).order_by().values("slug")
    every = list(Environment.objects.select_related("system").annotate(project_slugs=ArraySubquery(projects)))
    by_rule: dict[int, list[Environment]] = {}
    for rule in rules:
        selector = rule.spec.selector
        by_rule[rule.rule.id] = [
            environment
            for environment in every
            if selector.environment in ("", environment.slug)
            and (not selector.project or selector.project in environment.project_slugs)
        ]
    return by_rule


def _name(rule: Rule, sources: Sequence[SourceState], now: datetime) -> StateName:
    if rule.mode == Rule.Mode.DRAFT:
        return "draft"
    if rule.mode == Rule.Mode.RETIRED:
        return "retired"
    if rule.mode == Rule.Mode.SHADOW:
        return "shadow"
    if not any(source.qualifies for source in sources):
        return "dormant"
    return "muted" if muted_now(rule, now) else "active"


def _needs_connection(rules: Sequence[LoadedRule]) -> bool:
    return any(s.source not in ALWAYS_CONNECTED for r in rules if r.spec.counts for s in r.spec.selector.sources)


def _unknown(predicate: str) -> PrerequisiteState:
    return PrerequisiteState(predicate, False, predicate, "This name of an environment is linked to no environment")
