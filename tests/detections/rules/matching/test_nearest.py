"""The names most like one that is not there."""

from hypothesis import given
from hypothesis import strategies as st

from detections.rules.matching.nearest import nearest, nearest_routes

ROUTES = ["/checkout", "/api/orders/{id}", "/api/orders/{id}/items", "/api/users", "/healthz"]


def test_a_slip_is_found():
    assert nearest_routes("/chekout", ROUTES) == ["/checkout"]
    assert nearest("prodd", ["prod", "staging"]) == ["prod"]
    assert nearest("VALUEERROR", ["ValueError", "KeyError"]) == ["ValueError", "KeyError"]


def test_what_is_below_comes_first():
    assert nearest_routes("/api/orders", ROUTES) == ["/api/orders/{id}", "/api/orders/{id}/items", "/api/users"]
    assert nearest_routes("/API/orders/*", ROUTES)[0] == "/api/orders/{id}"


def test_nothing_alike_is_nothing():
    assert nearest("zzz", ["prod", "staging"]) == []
    assert nearest_routes("*", ROUTES) == []


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=20, unique=True), st.data())
def test_a_name_that_is_there_is_the_nearest(names, data):
    name = data.draw(st.sampled_from(names))

    assert nearest(name, names, most=len(names))[0].lower() == name.lower() or len(nearest(name, names)) > 1
