"""What people write for a route, as the glob that selects it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.matching.written_route import WrittenRoute, alternatives, in_their_spelling, read_route
from detections.telemetry.routes import glob


@pytest.mark.parametrize(
    ("written", "pattern", "taken"),
    [
        ("/api/orders/*", "/api/orders/*", []),
        ("", "", []),
        ("*", "*", []),
        ("/", "/", []),
        ("  /api/orders ", "/api/orders", []),
        ("GET /api/orders/*", "/api/orders/*", ["GET"]),
        ("post: /api/orders", "/api/orders", ["POST"]),
        ("GET *", "*", ["GET"]),
        ("/api/orders/", "/api/orders", ["slash at the end"]),
        ("/api//orders", "/api/orders", []),
        ("/api/orders?page=2", "/api/orders", ["?page=2"]),
        ("/api/orders#top", "/api/orders", ["#top"]),
        ("https://shop.example/api/orders?x=1", "/api/orders", ["?x=1", "shop.example"]),
        ("GET https://shop.example:8443/api/orders/", "/api/orders", ["GET", "shop.example:8443", "slash"]),
        ("https://shop.example", "/", ["shop.example"]),
        ("https://shop.example/orders/%7Bid%7D", "/orders/{id}", ["shop.example"]),
        ("/orders/{id?}", "/orders/{id?}", []),
        (r"/orders/(?P<pk>\d+)", r"/orders/(?P<pk>\d+)", []),
        ("/orders/<int:id>?x", "/orders/<int:id>", ["?x"]),
        ("POST /preview/{token} (at /api/beta/preview/{token})", "/preview/{token}", ["POST"]),
        ("(other) (within /api/beta/*)", "/api/beta/*", []),
        ("orders.show", "orders.show", []),
        ("Get orders", "Get orders", []),
    ],
)
def test_what_is_part_of_no_route_is_taken_off_with_a_note(written, pattern, taken):
    read = read_route(written)

    assert read.glob == pattern
    assert len(read.notes) == len(taken)
    assert all(word in note for word, note in zip(taken, read.notes, strict=True))


@given(st.text(max_size=60))
def test_reading_a_path_again_changes_nothing_more(text):
    once = read_route(f"/{text}")

    assert read_route(once.glob).glob == once.glob


@given(st.lists(st.sampled_from(["api", "orders", "{id}", ":id", "<int:pk>", "*", "v2", "{id?}", "7"]), max_size=5))
def test_a_route_as_the_console_has_it_is_left_as_it_is(parts):
    route = "/" + "/".join(parts)

    assert read_route(route) == WrittenRoute(route)


@pytest.mark.parametrize(
    ("written", "others"),
    [
        ("/api/orders", []),
        ("api/orders", ["/api/orders"]),
        ("shop.example/api/orders", ["/api/orders"]),
        ("localhost:8000/api", ["/api"]),
        ("/orders/1042", ["/orders/{id}"]),
        ("/orders/7", ["/orders/{id}"]),
        ("/orders/550e8400-e29b-41d4-a716-446655440000/items", ["/orders/{uuid}/items"]),
        ("/orders/1042/*", ["/orders/{id}/*"]),
        ("/orders/order-*", []),
    ],
)
def test_other_readings(written, others):
    first, *rest = alternatives(read_route(written))

    assert first == read_route(written)
    assert [each.glob for each in rest] == others
    assert all(each.notes for each in rest)


@pytest.mark.parametrize(
    ("pattern", "routes", "spelt"),
    [
        ("/orders/:id", ["/orders/{id}", "/users"], "/orders/{id}"),
        ("/orders/{id}", ["/orders/<int:pk>"], "/orders/<int:pk>"),
        ("/orders/<id>/*", ["/orders/{id}/items", "/orders/{id}"], "/orders/{id}/*"),
        ("/orders/:id", ["/orders/{id}", "/orders/{order}"], ""),
        ("/orders/:id", ["/users/{id}"], ""),
        ("/orders/:id", [], ""),
    ],
)
def test_placeholders_are_spelt_as_the_application_does(pattern, routes, spelt):
    assert in_their_spelling(pattern, routes) == spelt
    assert not spelt or glob(spelt)(routes[0])
