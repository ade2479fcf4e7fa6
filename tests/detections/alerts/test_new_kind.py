"""A further kind of rule is a condition, an evaluator, a kind of evidence and a template: no other code knows of it.

The kind of this file fires where a project environment has sent nothing for some minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.test import Client
from pytest_django import Settings

from detections.alerts.delivery.sender import deliver
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import registry, scheduler
from detections.rules.evaluation.evaluator import (
    Case,
    Evaluator,
    LiveQuestion,
    LiveState,
    Result,
    ScopeContext,
    Selection,
)
from detections.rules.evaluation.fixture_events import EVENTS
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evidence.base import SHAPE, EvidenceRecord
from detections.rules.models import Evaluation, Evidence, Rule, Verdict
from detections.rules.spec import conditions, form_fields
from detections.rules.spec.conditions import Condition
from detections.rules.spec.primitives import SpecPart
from detections.rules.spec.schema import SpecError, decode
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken
from opsconsole.lib.clock import MINUTE
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("registered")

TEMPLATE = """{% load partials %}
<section class="card"><h2>Silence</h2>{% include "detections/alerts/evidence/_timeline.html" %}
<p>Nothing for {{ record.quiet_minutes }} minutes.</p></section>
{% partialdef facts %}<dt>Silent since</dt><dd>{{ record.since|date:"H:i" }}</dd>{% endpartialdef facts %}
"""


class Silence(SpecPart, Condition, frozen=True, tag_field="kind", tag="silence"):
    """Nothing came for so many minutes."""

    minutes: int = 10

    def sentences(self) -> list[str]:
        return [f"When nothing came for {self.minutes} minutes: high."]


class SilenceEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="silence"):
    name: ClassVar[str] = "silence"
    recovering: ClassVar[str] = "Something came again."

    since: datetime
    quiet_minutes: int
    needed: int

    def sentence(self) -> str:
        return f"Nothing came from {self.project}/{self.environment} for {self.quiet_minutes} minutes"

    def agrees(self) -> bool:
        return self.severity == 2 and self.quiet_minutes >= self.needed

    def advice(self) -> tuple[str, ...]:
        return ("See whether the application runs.",)


@dataclass(frozen=True)
class SilenceCase(Case):
    since: datetime | None


class SilenceEvaluator(Evaluator[Selection[datetime], SilenceCase, SilenceEvidence]):
    kind = Silence.kind()
    evidence = SilenceEvidence
    trigger = None
    after_outcomes = False
    repeats_evidence = False
    fixture_input = EVENTS

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[datetime]:
        places = environments(request.only)
        silent = {
            ScopeKey(pk, place.pk, ""): place.last_event_at
            for pk, rule in rules.items()
            for place in places.values()
            if place.last_event_at and place.last_event_at <= request.end - minutes_of(rule) * MINUTE
        }
        return Selection(silent, places)

    def read(
        self, selection: Selection[datetime], rules: Mapping[int, LoadedRule], contexts: Sequence[ScopeContext]
    ) -> list[SilenceCase]:
        return [SilenceCase(context, "sentry", selection.scopes.get(context.key)) for context in contexts]

    def judge(self, case: SilenceCase) -> Result:
        return Result(Evaluation.Outcome.FIRING, 2) if case.since else Result(Evaluation.Outcome.CLEAR)

    def record(self, case: SilenceCase, result: Result) -> SilenceEvidence:
        assert case.since is not None
        return SilenceEvidence(
            **case.shared,
            engine=1,
            severity=result.severity or 0,
            reasons=["silence"],
            since=case.since,
            quiet_minutes=(case.context.request.end - case.since) // MINUTE,
            needed=minutes_of(case.context.rule),
        )

    def live(self, question: LiveQuestion[SilenceEvidence]) -> LiveState:
        return LiveState(f"Still silent at {question.now:%H:%M}.", (("The host's status", "/status/"),))


def minutes_of(rule: LoadedRule) -> int:
    return (rule.spec.condition_of(Silence) or Silence()).minutes


@pytest.fixture
def registered(
    db: None, notification_policies: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    """The kind in both tables, and its template where templates are."""
    monkeypatch.setattr(conditions, "CONDITIONS", (*conditions.CONDITIONS, Silence))
    monkeypatch.setattr(registry, "EVALUATORS", (*registry.EVALUATORS, SilenceEvaluator()))
    partial = tmp_path / "detections/alerts/evidence/silence.html"
    partial.parent.mkdir(parents=True)
    partial.write_text(TEMPLATE)
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], tmp_path]}]


@pytest.fixture
def place() -> ProjectEnvironment:
    world.covered(NOON - HOUR, NOON + HOUR)
    place = world.environment(builders.project(), since=NOON - HOUR)
    place.last_event_at = NOON - 8 * MINUTE
    place.save()
    return place


@pytest.fixture
def rule() -> Rule:
    return world.rule("R-SILENCE", group_by="none", conditions=[{"kind": "silence"}])


def run_until(minutes: int) -> None:
    """The ticks of the minutes up to `minutes` after noon, each applied at once."""
    for minute in range(minutes + 1):
        now = NOON + minute * MINUTE + timedelta(seconds=12)
        scheduler.make_due(now)
        scheduler.catch_up(now)
        consume(now)
        deliver(lambda: now)  # noqa: B023 - called within the turn


def test_it_is_judged_recorded_and_raises_an_alert(rule: Rule, place: ProjectEnvironment) -> None:
    run_until(1)
    assert not Alert.objects.exists()
    run_until(2)
    alert = Alert.objects.get()
    assert (alert.rule, alert.status, alert.severity) == (rule, "firing", 2)
    assert Verdict.objects.get().evaluation.outcome == "firing"
    record = registry.read_evidence(Evidence.objects.get().data)
    assert isinstance(record, SilenceEvidence)
    assert record.agrees()
    assert (record.rule, record.project, record.quiet_minutes) == ("R-SILENCE", "raptor", 10)
    message = alert.deliveries.get(kind="firing").attempts.get().response
    assert "Evidence: Nothing came from raptor/prod for 10 minutes" in message


def test_the_alert_ends_when_it_clears(rule: Rule, place: ProjectEnvironment) -> None:
    run_until(2)
    ProjectEnvironment.objects.filter(pk=place.pk).update(last_event_at=NOON + 2 * MINUTE)
    run_until(9)
    assert (Alert.objects.get().status, Alert.objects.get().resolution) == ("resolved", "cleared")


def test_the_pages_show_it(rule: Rule, place: ProjectEnvironment, client: Client) -> None:
    run_until(2)
    alert = Alert.objects.get()
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{alert.pk}/").content.decode()
    for text in (
        "Nothing for 10 minutes.",
        "Nothing came from raptor/prod for 10 minutes",
        "<dt>Silent since</dt><dd>11:52</dd>",
        "Still silent at",
        "See whether the application runs.",
        'href="/status/"',
    ):
        assert text in html, text
    assert "alert-chart" not in html
    assert "When nothing came for 10 minutes: high." in client.get("/rules/R-SILENCE/").content.decode()
    for address in ("/alerts/", "/", "/rules/", f"/alerts/{alert.pk}/chart/"):
        assert client.get(address).status_code == 200


def test_the_api_has_its_evidence(rule: Rule, place: ProjectEnvironment, client: Client) -> None:
    run_until(2)
    token = tokens.create(make_viewer("bot"), "test", ApiToken.Scope.READ)[1]
    answer = client.get("/api/v1/alerts/", headers={"Authorization": f"Bearer {token}"})
    [item] = answer.json()["items"]
    assert (item["evidence"]["data"]["shape"], item["evidence"]["data"]["quiet_minutes"]) == ("silence", 10)


def test_the_form_keeps_a_condition_that_it_has_no_fields_for(rule: Rule) -> None:
    assert rule.current is not None
    spec = decode(rule.current.spec)
    assert spec.conditions == (Silence(),)
    assert decode(form_fields.from_fields(form_fields.to_fields(spec), spec)) == spec


def test_its_errors_name_the_field() -> None:
    with pytest.raises(SpecError) as caught:
        world.rule(conditions=[{"kind": "silence", "minutes": "ten"}])
    assert caught.value.field == "conditions[0].minutes"
