"""Which single events rules look at in a flood."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.rules.evaluation import event_samples
from detections.rules.models import Evaluation
from detections.telemetry.models import Project
from tests.detections.rules import world
from tests.detections.rules.world import MINUTE, NOON

pytestmark = pytest.mark.django_db

PLAIN = world.plain()
REFUSED = {"exception": {"values": [{"type": "RuntimeError", "value": "beta_token_verifier: Console returned 403"}]}}
ANYWHERE = {
    "selector": {"sources": [{"source": "sentry"}]},
    "group_by": "none",
    "conditions": [{"kind": "exceedance", "floors": {"high": 3}}],
    "signatures": [{"name": "refused", "cause": "c", "owner": "o", "message": "403", "severity": "critical"}],
}


@pytest.fixture
def flood(monkeypatch: pytest.MonkeyPatch) -> tuple[Project, Project]:
    """Of two projects one has a single telling event and two more, the other many that are newer."""
    monkeypatch.setattr(event_samples, "MOST", 10)
    quiet, loud = Project.objects.create(slug="quiet", name="Quiet"), Project.objects.create(slug="loud", name="Loud")
    world.rule("DET-ANY", **ANYWHERE)
    at = NOON - 2 * MINUTE
    world.arrive(quiet, [*world.events(1, at, path="/a", **REFUSED), *world.events(2, at, path="/a", **PLAIN)], at)
    world.arrive(loud, world.events(40, NOON - timedelta(seconds=20), gap=0.1, path="/b", **PLAIN), NOON)
    return quiet, loud


def judged(project: Project) -> Evaluation:
    return Evaluation.objects.select_related("evidence").get(scope__project_environment__project=project)


def test_a_flood_in_one_project_hides_nothing_of_another(flood: tuple[Project, Project]) -> None:
    world.judge(NOON)
    quiet, loud = (judged(project).evidence for project in flood)
    assert quiet is not None
    assert loud is not None
    assert (quiet.data["signature"], quiet.data["severity"], quiet.data["exact"]) == ("refused", 3, True)
    assert (loud.data["exact"], loud.data["count"]) == (False, 40)


@pytest.mark.usefixtures("flood")
def test_messages_are_cut_before_they_are_read() -> None:
    with CaptureQueriesContext(connection) as queries:
        world.judge(NOON)
    reads = [str(q["sql"]) for q in queries if "LEFT(" in str(q["sql"])]
    assert len(reads) == 2, "the newest, and those of the flood that a signature may match"
    for read in reads:
        columns = read.split(" FROM ")[0]
        assert f'"message", {event_samples.TEXT})' in columns
        assert columns.count('"message"') == 1
