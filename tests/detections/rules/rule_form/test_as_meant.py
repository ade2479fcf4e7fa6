"""The project, environment and route of the form are saved as they are meant, and what is stored stays."""

from __future__ import annotations

import pytest

from detections.rules.rule_form.as_meant import as_meant
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import NOON, ROUTE

pytestmark = pytest.mark.django_db
ALL = {"project", "environment", "route"}


@pytest.fixture(autouse=True)
def seen():
    project = builders.project()
    world.arrive(project, world.events(1, NOON, **world.plain()), NOON)
    world.count(world.environment(project), "/orders/{id}", {NOON: 1})


@pytest.mark.parametrize(
    ("entered", "meant", "notes"),
    [
        ({"project": "raptor", "environment": "prod", "route": ROUTE}, {}, 0),
        ({"project": "Raptor", "environment": "production"}, {"project": "raptor", "environment": "prod"}, 2),
        ({"route": f"GET {ROUTE}/"}, {"route": ROUTE}, 2),
        ({"route": "/orders/:id"}, {"route": "/orders/{id}"}, 1),
        ({"route": "/to/come"}, {}, 0),
        ({"route": "POST /to/come"}, {"route": "/to/come"}, 1),
        ({"route": "", "project": "", "environment": ""}, {}, 0),
    ],
)
def test_what_is_meant(entered, meant, notes):
    values, said = as_meant(entered, ALL)

    assert {**entered, **values} == {**entered, **meant}
    assert len(said) == notes


def test_what_was_not_changed_is_left_as_it_is(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert as_meant({"environment": "production", "route": "GET /x"}, set()) == ({}, [])
