"""Where a deployment stands among the projects; a place that never sent an event is not connected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from bootstrap.systems.models import Deployment
from detections.rules.counting.coverage import CoveredMinutes
from detections.telemetry import queries
from detections.telemetry.deployments import ProjectPlace, project_environments_of
from detections.telemetry.models import Project, ProjectEnvironment
from tests.detections.rules import reports, world
from tests.detections.rules.world import HOUR, MINUTE, NOON

pytestmark = pytest.mark.django_db


def deployments() -> list[ProjectPlace]:
    rows = Deployment.objects.select_related("app__system", "environment__system").order_by("pk")
    return [ProjectPlace(each.app, each.environment) for each in rows]


def test_places_are_made_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for slug in ("prod", "staging"):
        for app in ("raxx-api", "raxx-console"):
            reports.deployment(slug, app)
    found = project_environments_of(deployments())
    assert sorted((p.project.slug, p.name) for p in found.values()) == [
        ("raxx-api", "prod"),
        ("raxx-api", "staging"),
        ("raxx-console", "prod"),
        ("raxx-console", "staging"),
    ]
    every = deployments()
    with django_assert_num_queries(2):  # projects, places
        again = project_environments_of(every)
    assert {pk: place.pk for pk, place in again.items()} == {pk: place.pk for pk, place in found.items()}


def test_a_name_that_came_before_its_environment_is_linked() -> None:
    at = reports.deployment()
    project = Project.objects.create(slug="raptor", name="Raptor", app=at.app)
    row = ProjectEnvironment.objects.create(project=project, name="prod", first_event_at=NOON, last_event_at=NOON)
    [place] = project_environments_of(deployments()).values()
    assert (place.pk, place.environment, place.first_event_at) == (row.pk, at.environment, NOON)


def test_of_several_projects_the_oldest_enabled_one_stands_for_the_application() -> None:
    at = reports.deployment()
    for slug, enabled in (("old", False), ("api", True), ("api-2", True)):
        Project.objects.create(slug=slug, name=slug, app=at.app, enabled=enabled)
    [place] = project_environments_of(deployments()).values()
    assert place.project.slug == "api"


def test_the_first_event_connects_the_place() -> None:
    at = reports.deployment()
    [place] = project_environments_of(deployments()).values()
    world.covered(NOON - HOUR, NOON + HOUR)
    covered = CoveredMinutes(["sentry"], NOON - HOUR, NOON + HOUR)
    assert not covered.minutes("sentry", place).any()
    assert list(queries.silent_environments(NOON, quiet_for=timedelta(0))) == []
    assert queries.environment_names() == []
    assert queries.newest_event_at() is None
    world.arrive(place.project, [world.event(NOON, environment=at.environment.slug)], NOON + MINUTE)
    place.refresh_from_db()
    assert ProjectEnvironment.objects.count() == 1
    assert place.first_event_at == place.last_event_at == NOON
    assert covered.minutes("sentry", place).sum() == 60
    assert queries.environment_names() == ["prod"]
