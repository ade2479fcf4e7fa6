"""The state of a rule in an environment: derived whenever it is asked for, never stored.

A rule is dormant where no source has its prerequisites signed off; it arms by itself when they are. Which source it
stands on is the first that qualifies, in the rule's order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bootstrap.prerequisites import PrerequisiteState, prerequisites_by_environment
from bootstrap.systems.models import Environment
from detections.rules.active_rules import InForce
from detections.rules.counting.coverage import ALWAYS_CONNECTED, connected_sources
from detections.rules.models import Rule
from detections.rules.spec.describe import source as source_words
from detections.telemetry.models import ProjectEnvironment

StateName = Literal["draft", "dormant", "shadow", "active", "muted", "retired"]


@dataclass(frozen=True)
class SourceState:
    """One source of a rule in one environment."""

    source: str
    prerequisites: tuple[PrerequisiteState, ...]
    connected: bool

    @property
    def words(self) -> str:
        return source_words(self.source)

    @property
    def qualifies(self) -> bool:
        return self.connected and all(p.holds for p in self.prerequisites)

    @property
    def unmet(self) -> tuple[PrerequisiteState, ...]:
        return tuple(p for p in self.prerequisites if not p.holds)


@dataclass(frozen=True)
class RuleState:
    """`name`, and the source it stands on (None while dormant). `sources` are in the rule's order."""

    name: StateName
    sources: tuple[SourceState, ...]

    @property
    def stands_on(self) -> str | None:
        return next((s.source for s in self.sources if s.qualifies), None)

    @property
    def armed(self) -> bool:
        """Whether alerts hear of it."""
        return self.name == "active"

    @property
    def unmet(self) -> tuple[PrerequisiteState, ...]:
        """What the first source waits for, while none qualifies."""
        if self.stands_on is not None:
            return ()
        return next((s.unmet for s in self.sources if s.unmet), ())

    @property
    def contradicted(self) -> bool:
        """Whether all that it waits for was signed, and only reports say otherwise."""
        return bool(self.unmet) and all(need.contradicted for need in self.unmet)


class States:
    """States of rules in environments, from a constant number of queries however many there are."""

    def __init__(self, rules: Sequence[InForce], environments: Collection[Environment], now: datetime) -> None:
        wanted = {p for r in rules for s in r.spec.selector.sources for p in s.prerequisites}
        self._held: Mapping[int, Mapping[str, PrerequisiteState]] = (
            prerequisites_by_environment(environments, wanted, now) if wanted and environments else {}
        )
        self._connected = connected_sources(now) if _needs_connection(rules) else set()
        self._now = now

    def of(self, rule: InForce, environment: Environment | None, project_id: int | None = None) -> RuleState:
        """The state in one environment. None: a name that no environment of a system answers to, where nothing is
        signed off; `project_id` narrows which connections count."""
        held = self._held.get(environment.pk, {}) if environment else {}
        sources = tuple(
            SourceState(
                source.source,
                tuple(held.get(p) or _unknown(p) for p in source.prerequisites),
                self._is_connected(source.source, project_id),
            )
            for source in rule.spec.selector.sources
        )
        return RuleState(_name(rule.rule, sources, self._now), sources)

    def in_project(self, rule: InForce, environment: ProjectEnvironment) -> RuleState:
        """The state where a project's events come from."""
        return self.of(rule, environment.environment, environment.project_id)

    def _is_connected(self, source: str, project_id: int | None) -> bool:
        if source in ALWAYS_CONNECTED:
            return True
        if project_id is None:
            return any(source == connected for connected, _ in self._connected)
        return (source, None) in self._connected or (source, project_id) in self._connected


def muted_now(rule: Rule, now: datetime) -> bool:
    """Muted without an end, or with one that is still to come; afterwards it is as it was: active."""
    return rule.mode == Rule.Mode.MUTED and (rule.muted_until is None or rule.muted_until > now)


def environments_of(rules: Iterable[InForce]) -> dict[int, list[Environment]]:
    """By rule id, the environments that the rule's selector names; all where it names none. One query."""
    every = list(Environment.objects.select_related("system").prefetch_related("system__apps__projects"))
    found: dict[int, list[Environment]] = {}
    for rule in rules:
        selector = rule.spec.selector
        found[rule.rule.id] = [
            environment
            for environment in every
            if selector.environment in ("", environment.slug)
            and (not selector.project or selector.project in _projects(environment))
        ]
    return found


def _projects(environment: Environment) -> set[str]:
    return {project.slug for app in environment.system.apps.all() for project in app.projects.all()}


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


def _needs_connection(rules: Sequence[InForce]) -> bool:
    return any(s.source not in ALWAYS_CONNECTED for r in rules for s in r.spec.selector.sources)


def _unknown(predicate: str) -> PrerequisiteState:
    return PrerequisiteState(predicate, False, predicate, "This name of an environment is linked to no environment")
