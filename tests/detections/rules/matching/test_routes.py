"""The routes that a selector finds, from rows: readings, counts of a day and a week, the nearest."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from detections.rules.matching.routes import find_routes, known_routes
from detections.rules.matching.unmatched import EVERYTHING
from detections.rules.spec.selector import ERROR_LEVELS
from detections.telemetry.models import Series
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON

pytestmark = pytest.mark.django_db
ERRORS = msgspec.structs.replace(EVERYTHING, levels=ERROR_LEVELS)


@pytest.fixture
def prod():
    return world.environment(builders.project())


def seen(place, route, *hours_ago, n=1):
    world.count(place, route, {NOON - back * HOUR: n for back in hours_ago})


def found(text, **selector):
    return find_routes(text, msgspec.structs.replace(ERRORS, **selector), NOON)


def listed(routes):
    return [(each.known.label, each.where, each.day, each.week) for each in routes.shown]


def test_they_are_listed_as_pages_print_them_with_their_counts(prod):
    seen(prod, "/api/orders/submit", 1, 30)
    seen(prod, "/api/orders/{id}", 2, 3, 200)  # the last is more than a week ago
    seen(prod, "/healthz", 1)

    orders = found("GET /api/orders/*")

    assert listed(orders) == [
        ("GET /api/orders/submit", "raptor/prod", 1, 2),
        ("GET /api/orders/{id}", "raptor/prod", 2, 2),
    ]
    assert (orders.total, orders.day, orders.week, orders.environments) == (2, 3, 4, 1)
    assert orders.written.glob == "/api/orders/*"
    assert "GET was taken off" in orders.written.notes[0]
    assert found("").total == 3


@pytest.mark.parametrize(
    ("stored", "written", "glob"),
    [
        ("/orders/{id}", "/orders/:id", "/orders/{id}"),
        ("/orders/<int:pk>", "/orders/{id}", "/orders/<int:pk>"),
        ("/orders/{id}", "https://shop.example/orders/1042/?page=2", "/orders/{id}"),
        ("/orders/{id}", "orders/7", "/orders/{id}"),
        ("/orders/{id}/items", "/orders/:order/*", "/orders/{id}/*"),
        ("/api/orders", "shop.example/api/orders", "/api/orders"),
        ("orders.show", "orders.show", "orders.show"),
    ],
)
def test_of_several_readings_the_one_that_matches_is_meant(prod, stored, written, glob):
    seen(prod, stored, 1)

    read = found(written)

    assert (read.written.glob, read.total) == (glob, 1)
    assert (written == glob) == (not read.written.notes)


def test_a_route_that_is_read_as_another_one_is_found_as_that_with_the_counts_of_both(prod):
    seen(prod, "/invoices/{id}", 1, n=3)
    seen(prod, "/invoices/7", 2, n=4)
    canonical = Series.objects.get(route="/invoices/{id}")
    Series.objects.filter(route="/invoices/7").update(canonical=canonical)

    by_old_name = found("/invoices/7")

    assert by_old_name.written.glob == "/invoices/{id}"
    assert listed(by_old_name) == [("GET /invoices/{id}", "raptor/prod", 7, 7)]
    assert by_old_name.total == 1


def test_only_the_project_and_environment_are_looked_at(prod):
    staging = world.environment(prod.project, "staging")
    other = world.environment(builders.project("kestrel"))
    for place in (prod, staging, other):
        seen(place, "/checkout", 1)

    assert (found("/checkout").total, found("/checkout").environments) == (3, 3)
    assert found("/checkout", project="raptor").total == 2
    assert found("/checkout", environment="prod").total == 2
    assert [each.where for each in found("/checkout", project="raptor", environment="staging").shown] == [
        "raptor/staging"
    ]


def test_nothing_matches_the_nearest_are_offered(prod):
    seen(prod, "/checkout", 1)
    seen(prod, "/healthz", 1)

    slip = found("/chekout")

    assert (slip.total, slip.written.glob) == (0, "/chekout")
    assert [each.selector for each in slip.nearest] == ["/checkout"]
    assert found("/zzz").nearest == []
    assert not found("/chekout", project="kestrel").known


def test_messages_are_apart_from_errors(prod):
    seen(prod, "/checkout", 1)
    Series.objects.update(kind=Series.Kind.MESSAGE)

    assert found("/checkout").total == 0
    assert found("/checkout", levels=("warning", "info", "debug")).total == 1
    assert found("/checkout", levels=("error", "warning")).total == 1


def test_what_is_left_out_of_the_sums_is_said(prod, monkeypatch):
    monkeypatch.setattr("detections.rules.matching.routes.COUNTED", 2)
    monkeypatch.setattr("detections.rules.matching.routes.MOST", 3)
    for name in "abcd":
        seen(prod, f"/{name}", 1)
    Series.objects.update(last_seen=NOON - timedelta(minutes=1))

    routes = found("/*")

    assert (routes.total, routes.uncounted, routes.counted, routes.week) == (3, 1, 2, 2)
    assert routes.looked_through == 3


def test_three_queries_whatever_is_asked(prod, django_assert_num_queries):
    for name in "abcdef":
        seen(prod, f"/{name}", 1, 40)

    with django_assert_num_queries(2):
        found("/*")
    with django_assert_num_queries(1):
        found("/nothing/like/it")


def test_those_seen_last_come_first(prod):
    seen(prod, "/old", 1)
    seen(prod, "/new", 1)
    Series.objects.filter(route="/old").update(last_seen=NOON - HOUR)
    Series.objects.filter(route="/new").update(last_seen=NOON)

    assert [route.route for route in known_routes(ERRORS)] == ["/new", "/old"]
