"""The pipeline of seed 000 in one hand: sign off, send errors, let time pass, see the alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bootstrap.checklists.runs.lookup import find_environment, find_items
from bootstrap.checklists.signing.sign_many import sign_many
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules.active_rules import rules_in_force
from detections.rules.evaluation import on_arrival, scheduler
from detections.rules.lifecycle.state import RuleState, RuleStates
from detections.rules.models import Rule
from detections.telemetry.models import Project
from opsconsole.accounts.models import User
from tests.detections.rules import world

TOKEN_PATH = "/api/beta/preview/synth-scraper-token-001/screen/1"
# 15:00 UTC on a Friday in June: 11:00 in New York.
NOON = datetime.fromisoformat("2026-06-12T15:00:00+00:00")


@dataclass
class Story:
    """The shipped console with project raptor, and someone who operates it."""

    project: Project
    operator: User

    def sign(self, *keys: str, at: datetime = NOON) -> None:
        """Sign items of raptor/prod off, as `bin/manage sign` does."""
        sign_many(find_items(find_environment("raptor/prod"), keys), self.operator, at)

    def arm(self) -> None:
        self.sign("SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND")

    def state(self, at: datetime = NOON) -> RuleState:
        """The state of DET-BETA-003 in prod."""
        (rule,) = [r for r in rules_in_force() if r.rule.identifier == "DET-BETA-003"]
        environment = find_environment("raptor/prod")
        return RuleStates([rule], [environment], at).of(rule, environment)

    def errors(self, number: int, end: datetime = NOON, **fields: Any) -> None:
        """`number` errors on the preview route, the last just before `end`, received and judged at once."""
        world.arrive(self.project, world.events(number, end, path=TOKEN_PATH, **fields), end)
        self.judge(end)

    def judge(self, at: datetime) -> None:
        """What the tasks do after a digest."""
        on_arrival.judge_newly_armed(at)
        on_arrival.judge_all(at)
        consume(at)

    def pass_minutes(self, minutes: int, start: datetime = NOON) -> datetime:
        """Beat ticks each minute while ingest is up; returns the time afterwards."""
        world.covered(start - timedelta(minutes=5), start + timedelta(minutes=minutes))
        now = start
        for _ in range(minutes):
            now += timedelta(minutes=1)
            moment = now + timedelta(seconds=11)  # the allowed lateness is 10 s
            scheduler.make_due(moment)
            scheduler.catch_up(moment)
            consume(moment)
        return now

    def alert(self, identifier: str = "DET-BETA-003") -> Alert:
        return Alert.objects.get(rule__identifier=identifier)

    @property
    def rule(self) -> Rule:
        return Rule.objects.get(identifier="DET-BETA-003")
