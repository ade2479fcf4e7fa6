"""What of a selector matches nothing, by rows: of one rule, and of a list of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.rules import queries
from detections.rules.matching.unmatched import unmatched, unmatched_rules
from detections.rules.spec.schema import decode
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import NOON, ROUTE

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    made = builders.project()
    world.arrive(made, world.events(2, NOON, tags={"component": "solver"}, **world.plain()), NOON)
    return made


def spec(**selector):
    kinds = {name: selector.pop(name) for name in ("group_by", "conditions") if name in selector}
    content = {"title": "T", "selector": {"sources": [{"source": "sentry"}], **selector}}
    return decode({"conditions": [{"kind": "exceedance"}], **content, **kinds})


def fields(**selector):
    return [(each.field, each.nearest, each.never) for each in unmatched(spec(**selector), NOON)]


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"route": ROUTE, "project": "raptor", "environment": "prod"},
        {"route": "/api/*", "levels": ["error"]},
        {"exception_type": "ValueError", "tags": {"component": "solver"}},
        {"levels": ["error", "warning"]},
    ],
)
def test_what_matches_is_not_named(project, selector):
    assert fields(**selector) == []


@pytest.mark.parametrize(
    ("selector", "named"),
    [
        ({"project": "raptr"}, ("project", ("raptor",), True)),
        ({"environment": "prd"}, ("environment", ("prod",), True)),
        ({"route": "/api/order/submit"}, ("route", (ROUTE,), False)),
        ({"route": "/api/orders"}, ("route", (ROUTE,), False)),
        ({"levels": ["warning", "info", "debug"]}, ("levels", ("error", "fatal"), False)),
        ({"exception_type": "builtins.ValueError"}, ("exception_type", ("ValueError",), False)),
        ({"exception_type": "ValueErr"}, ("exception_type", ("ValueError",), False)),
        ({"tags": {"componant": "solver"}}, ("tags", ("component",), False)),
        ({"tags": {"component": "solvr"}}, ("tags", ("component: solver",), False)),
    ],
)
def test_what_matches_nothing_is_named_with_the_nearest(project, selector, named):
    assert fields(**selector) == [named]


def test_where_nothing_was_counted_yet_the_route_is_no_mistake(project):
    world.environment(project, "staging")

    assert fields(environment="staging", route="/anything") == []


def test_of_rules_that_count_nothing_only_their_places_are_asked(project):
    config = {"conditions": [{"kind": "config_finding"}], "group_by": "variable", "sources": [{"source": "config"}]}

    assert fields(**config) == []
    assert fields(**config, project="raptr") == [("project", ("raptor",), True)]


@pytest.mark.parametrize(("likely", "asked_for"), [(500, 6), (1, 7)])
def test_of_a_list_all_are_asked_at_once(project, monkeypatch, likely, asked_for):
    monkeypatch.setattr("detections.rules.matching.unmatched.LIKELY", likely)
    world.rule("R-ALL")
    world.rule("R-ORDERS", selector={"sources": [{"source": "sentry"}], "route": "/api/orders/*", "project": "raptor"})
    world.rule("R-SLIP", selector={"sources": [{"source": "sentry"}], "route": "/api/ordrs/submit"})
    world.rule("R-NOWHERE", selector={"sources": [{"source": "sentry"}], "environment": "prodd"})
    ids = {rule.rule.identifier: rule.rule.pk for rule in queries.known_rules()}

    with CaptureQueriesContext(connection) as asked:
        found = unmatched_rules(queries.known_rules(), NOON)

    named = {pk: [(each.field, each.nearest) for each in parts] for pk, parts in found.items()}
    assert named == {
        ids["R-SLIP"]: [("route", (ROUTE,))],
        ids["R-NOWHERE"]: [("environment", ("prod",))],
    }
    assert len(asked) == asked_for  # with that of the rules
