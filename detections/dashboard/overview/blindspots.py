"""What the console cannot see at present: routes without an active rule, dormant rules, silent sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bootstrap.gate import PrerequisiteState
from bootstrap.systems.models import Environment
from detections.dashboard.routes.covering import Covering, Rulebook
from detections.rules.models import Rule
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
class BlindSpots:
    """Each list may be empty; all empty is what one wants."""

    dormant: list[Dormant]
    uncovered: list[Series]
    silent: list[ProjectEnvironment]

    @property
    def count(self) -> int:
        return len(self.dormant) + len(self.uncovered) + len(self.silent)


def dormant_rules(book: Rulebook) -> list[Dormant]:
    """Rules in force that no source qualifies for, per environment that they are meant for."""
    return [
        Dormant(rule.rule, place, state.unmet)
        for rule in book.rules
        for place in book.places[rule.rule.pk]
        if (state := book.states.of(rule, place)).name == "dormant"
    ]


def uncovered(failing: Sequence[Series], over: Mapping[int, Sequence[Covering]]) -> list[Series]:
    """Of the routes that fail, those that no armed rule counts."""
    return [series for series in failing if not any(each.state.armed for each in over[series.pk])]


def blind_spots(
    failing: Sequence[Series], over: Mapping[int, Sequence[Covering]], book: Rulebook, now: datetime
) -> BlindSpots:
    """All three kinds."""
    silent = queries.silent_environments(now, quiet_for=SILENT_AFTER)
    return BlindSpots(dormant_rules(book), uncovered(failing, over), silent)
