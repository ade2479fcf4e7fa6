"""Fixtures: replayed through the real ingest, leaving nothing behind; "last validated" is earned by them."""

from __future__ import annotations

import msgspec
import pytest

from bootstrap.systems.models import System
from detections.rules import packs, queries
from detections.rules.evaluation import fixtures
from detections.rules.lifecycle import publish
from detections.rules.models import Evaluation, Rule, Scope
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.schema import decode
from detections.rules.spec.signature import Signature
from detections.telemetry.models import Event, Issue, Project, Series
from tests.detections.rules import world
from tests.detections.rules.world import NOON

pytestmark = pytest.mark.django_db

BETA = packs.parse((packs.FOLDER / "det-beta-003.yaml").read_text())[0].spec
CONFIG = packs.parse((packs.FOLDER / "det-config-001.yaml").read_text())[0].spec
CONSOLE = packs.parse((packs.FOLDER / "det-console-001.yaml").read_text())[0].spec
OPS = packs.parse((packs.FOLDER / "det-ops-002.yaml").read_text())[0].spec


@pytest.mark.parametrize(
    ("spec", "name", "got"),
    [
        (BETA, "preview_sentry_error_spike_positive", "fires, critical, INTERNAL_API_SECRET mismatch"),
        (BETA, "preview_quiet_negative", "does not fire"),
        (BETA, "other_route_negative", "does not fire"),
        (OPS, "any_route_burst_positive", "fires, high"),
        (OPS, "any_route_quiet_negative", "does not fire"),
        (CONFIG, "config_unset_positive", "fires, critical, SENTRY_DSN_BACKEND is unset"),
        (CONFIG, "config_posture_medium", "fires, medium, REDIS_URL is unset"),
        (CONFIG, "config_note_negative", "does not fire"),
        (CONSOLE, "rule_unjudged_positive", "fires, high, FIXTURE-ANOTHER-RULE cannot be judged: KeyError: 'exceed'"),
        (CONSOLE, "rule_one_error_negative", "does not fire"),
    ],
)
def test_shipped_fixtures(spec, name, got):
    result = fixtures.run(name, spec, NOON)
    assert (result.got, result.passed) == (got, True)


def test_the_positive_fixture_is_the_seeds():
    fixture = fixtures.read("preview_sentry_error_spike_positive")
    assert len(fixture.inputs["events"]) == 5
    assert max(e.seconds_before_end for e in fixture.inputs["events"]) <= 180
    for sent in fixture.inputs["events"]:
        assert sent.event["transaction"] == "/api/beta/preview/synth-scraper-token-001/screen/1"
        assert sent.event["exception"]["values"][0]["type"] == "RuntimeError"


def test_a_rule_that_overlooks_the_positive_fixture_fails():
    deaf = msgspec.structs.replace(
        BETA, conditions=(Exceedance(floor_mode="always", floors=Floors(None, 50, 100)),), signatures=()
    )
    result = fixtures.run("preview_sentry_error_spike_positive", deaf, NOON)
    assert (result.got, result.passed) == ("does not fire", False)


def test_the_wrong_cause_fails():
    other = Signature(name="x", exception="RuntimeError", severity="critical", cause="something else", owner="x")
    result = fixtures.run(
        "preview_sentry_error_spike_positive", msgspec.structs.replace(BETA, signatures=(other,)), NOON
    )
    assert (result.got, result.passed) == ("fires, critical, something else", False)


def test_nothing_is_left_behind():
    before = Project.objects.count(), System.objects.count(), Rule.objects.count()
    fixtures.run("preview_sentry_error_spike_positive", BETA, NOON)
    assert (Project.objects.count(), System.objects.count(), Rule.objects.count()) == before
    for model in (Scope, Evaluation, Event, Issue, Series):
        assert not model.objects.exists()


def test_validated_is_earned_by_the_current_version():
    rule = world.beta()
    assert queries.last_validated([rule.current]) == {}
    run = fixtures.validate(rule.current, NOON)
    assert run.passed
    assert [r["passed"] for r in run.results] == [True] * 6
    assert queries.last_validated([rule.current]) == {rule.current.id: NOON}
    renamed = msgspec.structs.replace(decode(rule.current.spec), title="Preview errors")
    version = publish.publish(rule.identifier, renamed, now=NOON)
    assert queries.last_validated([version]) == {}


def test_without_fixtures_nothing_is_validated():
    rule = world.rule()
    assert not fixtures.validate(rule.current, NOON).passed


def test_a_missing_fixture_is_a_failed_one():
    rule = world.rule(fixtures=["nowhere"])
    run = fixtures.validate(rule.current, NOON)
    assert not run.passed
    assert "FileNotFoundError" in run.results[0]["got"]


PROBES = [packs.parse(path.read_text())[0].spec for path in sorted(packs.FOLDER.glob("det-probe-*.yaml"))]


@pytest.mark.parametrize(("spec", "name"), [(spec, name) for spec in PROBES for name in spec.fixtures])
def test_fixtures_of_probe_runs(spec, name):
    result = fixtures.run(name, spec, NOON)
    assert result.passed, result
