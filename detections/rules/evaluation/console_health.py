"""Judges rules that watch the console itself: what it can no longer tell apart is seen by no other rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation.evaluator import (
    Case,
    Evaluator,
    FixtureInput,
    LiveQuestion,
    LiveState,
    Result,
    ScopeContext,
    Selection,
)
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evidence import console_health
from detections.rules.evidence.console_health import ConsoleHealthEvidence, ExceededLimit
from detections.rules.models import Evaluation
from detections.rules.spec.conditions import ConsoleCheck
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONSOLE
from detections.telemetry.add_counts import add_counts
from detections.telemetry.models import Project, ProjectEnvironment, Series
from detections.telemetry.places.cardinality import exceeded
from detections.telemetry.records import Count, SeriesKey
from detections.telemetry.routes import OTHER_ROUTE
from detections.telemetry.series import series_ids
from opsconsole.lib.clock import MINUTE, floor_minute


class FixtureCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events counted in the minute that ended so many minutes before the end, on a route or beyond the limit."""

    events: Annotated[int, msgspec.Meta(ge=1)]
    minutes_before_end: Annotated[int, msgspec.Meta(ge=0, le=60)]
    route: str = OTHER_ROUTE


def _minutes(counts: FixtureCounts) -> int:
    return counts.minutes_before_end


def _create(project: Project, environment: str, counts: Sequence[FixtureCounts], end: datetime) -> None:
    place, _ = ProjectEnvironment.objects.get_or_create(project=project, name=environment)
    kinds = (Series.Source.SENTRY.value, Series.Kind.ERROR.value)
    keys = {each: SeriesKey(project.pk, place.pk, *kinds, "", each.route) for each in counts}
    ids = series_ids(set(keys.values()), end)
    add_counts(
        Count(project.pk, ids[key], end - (each.minutes_before_end + 1) * MINUTE, each.events)
        for each, key in keys.items()
    )


@dataclass(frozen=True)
class ConsoleHealthCase(Case):
    """The limits that one project exceeds; none where it does not."""

    limits: Sequence[ExceededLimit]


class ConsoleHealthEvaluator(Evaluator[Selection[list[ExceededLimit]], ConsoleHealthCase, ConsoleHealthEvidence]):
    """The limits that projects exceed, in the project environment that is the oldest of the project."""

    kind = ConsoleCheck.kind()
    evidence = ConsoleHealthEvidence
    trigger = None  # a minute late is soon enough, and a flood must not judge it with each batch
    after_outcomes = False
    repeats_evidence = True  # an explosion may last for days
    fixture_input = FixtureInput("counts", FixtureCounts, _minutes, _create)

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[list[ExceededLimit]]:
        """By project, what it exceeds. At most two queries for each rule of this kind."""
        places = environments(request.only)
        found: dict[ScopeKey, list[ExceededLimit]] = {}
        for rule in rules.values():
            for check in _condition(rule).chosen:
                for place, limits in _exceeding(rule, places, request.end).items():
                    found[ScopeKey(rule.rule.id, place, check)] = limits
        return Selection(found, places)

    def read(
        self,
        selection: Selection[list[ExceededLimit]],
        rules: Mapping[int, LoadedRule],
        contexts: Sequence[ScopeContext],
    ) -> list[ConsoleHealthCase]:
        return [ConsoleHealthCase(context, CONSOLE, selection.scopes.get(context.key, ())) for context in contexts]

    def judge(self, case: ConsoleHealthCase) -> Result:
        if not case.limits:
            return Result(Evaluation.Outcome.CLEAR)
        return Result(Evaluation.Outcome.FIRING, SEVERITIES[_condition(case.context.rule).severity])

    def record(self, case: ConsoleHealthCase, result: Result) -> ConsoleHealthEvidence:
        rule, project = case.context.rule, case.context.place.project
        condition = _condition(rule)
        return ConsoleHealthEvidence(
            **case.shared,
            engine=console_health.ENGINE,
            severity=result.severity or 0,
            reasons=[f"{case.context.key.group_key}, {condition.severity}"],
            cause=console_health.cause(project.slug, case.limits),
            owner=rule.spec.first_response,
            limits=list(case.limits),
            window_minutes=condition.window_minutes,
            worth=condition.severity,
        )

    def live(self, question: LiveQuestion[ConsoleHealthEvidence]) -> LiveState:
        """What the project exceeds at present. At most three queries while the alert is open."""
        place = question.scope.project_environment
        query = urlencode({"project": place.project.slug, "sort": "last"})
        links = ((f"Routes of {place.project.name}", f"{reverse('route_list')}?{query}"),)
        if not question.is_open or question.rule is None:
            return LiveState("", links)
        siblings = environments(place.project.environments.values_list("pk", flat=True))
        limits = _exceeding(question.rule, siblings, floor_minute(question.now) + MINUTE)
        if not limits:
            return LiveState("All routes and environments have a place of their own at present.", links)
        minutes = _condition(question.rule).window_minutes
        return LiveState(f"{console_health.beyond(next(iter(limits.values())), minutes)}.", links)


def _exceeding(
    rule: LoadedRule, places: Mapping[int, ProjectEnvironment], end: datetime
) -> dict[int, list[ExceededLimit]]:
    """By the oldest of each project's environments to which the rule applies, the limits that the project exceeds."""
    applying = {pk: place for pk, place in sorted(places.items()) if rule.applies_to(place)}
    oldest: dict[int, int] = {}
    for pk, place in applying.items():
        oldest.setdefault(place.project_id, pk)
    found = exceeded(applying, end - _condition(rule).window_minutes * MINUTE, end)
    return {oldest[project]: [ExceededLimit(*limit) for limit in limits] for project, limits in found.items()}


def _condition(rule: LoadedRule) -> ConsoleCheck:
    return rule.spec.condition_of(ConsoleCheck) or ConsoleCheck()
