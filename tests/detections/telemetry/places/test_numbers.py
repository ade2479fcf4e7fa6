"""Numbers in paths: the place of each is told apart from the others, and is an id only where it was learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.places.numbers import numbered_places, numbers_in, with_ids
from detections.telemetry.routes import template_path


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/invoices/7", (("/invoices/{id}", 7),)),
        ("/invoices/07/", (("/invoices/{id}", 7),)),
        ("/invoices/1042?page=3", (("/invoices/{id}", 1042),)),
        ("/orders/3/items/7", (("/orders/{id}/items/#", 3), ("/orders/#/items/{id}", 7))),
        ("/orders/1042/items/7", (("/orders/{id}/items/#", 1042), ("/orders/#/items/{id}", 7))),
        ("/api/v2/users", ()),
        ("/preview/synth-scraper-token-001/screen/1", (("/preview/{token}/screen/{id}", 1),)),
        ("/7", (("/{id}", 7),)),
        ("/a%2F7/7", ()),  # a slash within a segment: which is which is not known
        ("/n/123456789123", (("/n/{id}", 456789123),)),
        ("/n/" + "9" * 5000, (("/n/{id}", 999999999),)),
        ("/" + "a/" * 160 + "7", ()),  # longer than a route
        ("", ()),
    ],
)
def test_numbers_in_paths(path: str, numbers: tuple[tuple[str, int], ...]) -> None:
    assert numbers_in(path) == numbers


@pytest.mark.parametrize(
    ("route", "learned", "expected"),
    [
        ("/invoices/7", {"/invoices/{id}"}, "/invoices/{id}"),
        ("/invoices/7", {"/orders/{id}"}, "/invoices/7"),
        ("/orders/3/items/7", {"/orders/{id}/items/#"}, "/orders/{id}/items/7"),
        ("/orders/{id}/items/7", {"/orders/#/items/{id}"}, "/orders/{id}/items/{id}"),
        ("/orders/3/items/7", {"/orders/{id}/items/#", "/orders/#/items/{id}"}, "/orders/{id}/items/{id}"),
        ("/api/1/users/8", {"/api/#/users/{id}"}, "/api/1/users/{id}"),
        ("shop.tasks.mail", {"/{id}"}, "shop.tasks.mail"),
        ("/", {"/{id}"}, "/"),
    ],
)
def test_routes_with_ids(route: str, learned: set[str], expected: str) -> None:
    assert with_ids(route, learned) == expected


@given(st.lists(st.one_of(st.sampled_from(["orders", "screen", "v2"]), st.integers(0, 2000).map(str)), max_size=6))
def test_a_route_with_all_its_places_learned_has_no_number_left_and_stays(parts: list[str]) -> None:
    route = template_path("/" + "/".join(parts))
    learned = {place for place, _ in numbers_in("/" + "/".join(parts))}
    assert set(numbered_places(route)) <= learned
    with_all = with_ids(route, learned)
    assert numbered_places(with_all) == ()
    assert with_ids(with_all, learned) == with_all
    assert with_all == "/" + "/".join("{id}" if part.isdecimal() else part for part in parts)


@given(st.text(max_size=400))
def test_any_path_has_numbers_and_places(path: str) -> None:
    assert all(place.startswith("/") and 0 <= number < 10**9 for place, number in numbers_in(path))
    assert len(numbered_places(template_path(path))) <= len(path)
