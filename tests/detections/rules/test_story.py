"""Rules and alerts together, minute by minute: sign-off, outage, recovery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap.checklists.models import Item
from detections.alerts import default_policies
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules.evaluation import on_arrival, scheduler
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON, PREVIEW

pytestmark = pytest.mark.django_db
BEAT = timedelta(seconds=5)


def run(start, end):
    """What beat and the worker do, every five seconds."""
    now = start
    while now < end:
        scheduler.make_due(now)
        scheduler.catch_up(now)
        on_arrival.judge_newly_armed(now)
        on_arrival.judge_all(now)
        consume(now)
        now += BEAT


@pytest.fixture
def signed():
    project = builders.project()
    default_policies.load()
    place = world.environment(project, since=NOON - HOUR)
    world.covered(NOON - HOUR, NOON + HOUR)
    world.beta()
    checklist = checklists.run(place.environment)
    checklists.item(checklist, "FLAG_SENTRY_BACKEND", flag="sentry_backend")
    checklists.item(checklist, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")

    def sign():
        for item in Item.objects.all():
            checklists.act(checklist, item)

    return project, sign


def alert():
    return Alert.objects.get(rule__identifier="DET-BETA-003")


@pytest.mark.slow
def test_an_outage_from_the_first_error_to_the_end(signed):
    project, sign = signed
    sign()
    at = NOON + timedelta(seconds=30)
    run(NOON, at)
    world.arrive(project, world.events(5, at, path=PREVIEW, gap=2), at)
    run(at, at + BEAT)
    found = alert()
    assert (found.status, found.severity, found.cause, found.owner) == (
        "firing",
        3,
        "INTERNAL_API_SECRET mismatch",
        "sre-agent",
    )
    run(at + BEAT, NOON + timedelta(minutes=8))
    assert alert().status == "recovering"
    run(NOON + timedelta(minutes=8), NOON + timedelta(minutes=14))
    assert alert().status == "resolved"


def test_signing_in_the_middle_of_an_outage_pages_within_a_tick(signed):
    project, sign = signed
    at = NOON + timedelta(seconds=30)
    run(NOON, at)
    world.arrive(project, world.events(5, at, path=PREVIEW, gap=2), at)
    run(at, at + 4 * BEAT)
    assert not Alert.objects.filter(rule__identifier="DET-BETA-003").exists()
    sign()
    run(at + 4 * BEAT, at + 5 * BEAT)
    assert alert().status == "firing"
