"""What the console cannot see at present: routes without an active rule, dormant rules, silent sources,
deployments that no longer report their configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import open_findings
from bootstrap.prerequisites import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.dashboard.routes.covering_rules import Covering, Rulebook
from detections.rules.counting.idle_rules import watched
from detections.rules.models import Rule
from detections.rules.spec import describe
from detections.telemetry import queries
from detections.telemetry.models import ProjectEnvironment, Series

# Every application that people use has an error within a day; shorter gaps are ordinary nights.
SILENT_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Dormant:
    """A rule that would be active in an environment, and what it waits for there."""

    rule: Rule
    environment: Environment
    waits_for: tuple[PrerequisiteState, ...]


@dataclass(frozen=True)
class Idle:
    """A rule in force that has nothing to judge, and why."""

    rule: Rule
    why: str


@dataclass(frozen=True)
class BlindSpots:
    """Each list may be empty; all empty is what one wants."""

    dormant: list[Dormant]
    uncovered: list[Series]
    silent: list[ProjectEnvironment]
    idle: list[Idle]
    stale: list[Finding]

    @property
    def count(self) -> int:
        named = len(self.dormant) + len(self.idle) + len(self.stale)
        return named + len(self.uncovered) + len(self.silent)


def dormant_rules(book: Rulebook) -> list[Dormant]:
    """Rules in force that no source qualifies for, per environment that they are meant for."""
    return [
        Dormant(rule.rule, place, state.unmet)
        for rule in book.rules
        for place in book.places[rule.rule.pk]
        if (state := book.states.of(rule, place)).name == "dormant"
    ]


def idle_rules(book: Rulebook, dormant: Sequence[Dormant]) -> list[Idle]:
    """Rules that select nothing that ever sent an error; those that are dormant are told as such. Two queries."""
    told = {each.rule.pk for each in dormant}
    rules = [rule for rule in book.rules if rule.rule.pk not in told]
    watching = watched([rule for rule in rules if book.places[rule.rule.pk]])
    return [
        Idle(rule.rule, describe.watches_nothing(rule.spec, place=bool(book.places[rule.rule.pk])))
        for rule in rules
        if rule.rule.pk not in watching
    ]


def uncovered(failing: Sequence[Series], over: Mapping[int, Sequence[Covering]]) -> list[Series]:
    """Of the routes that fail, those that no armed rule counts."""
    return [series for series in failing if not any(each.state.armed for each in over[series.pk])]


def stale_reports() -> list[Finding]:
    """Of each deployment whose configuration reports stay away, that they do. One query."""
    return list(open_findings().filter(kind=Finding.Kind.STALE))


def blind_spots(
    failing: Sequence[Series], over: Mapping[int, Sequence[Covering]], book: Rulebook, now: datetime
) -> BlindSpots:
    """All kinds."""
    silent = queries.silent_environments(now, quiet_for=SILENT_AFTER)
    dormant = dormant_rules(book)
    return BlindSpots(dormant, uncovered(failing, over), silent, idle_rules(book, dormant), stale_reports())
