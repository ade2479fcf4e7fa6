"""The route of an event."""

from __future__ import annotations

from typing import Any

import pytest

from detections.ingest.event.normalise import normalise
from detections.ingest.event.route import EventRoute, route_of

URL = "https://raptor.example/api/beta/preview/tok-12345/screen/1?x=1"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # Flask names the view function: the URL tells more.
        ({"transaction": "f", "transaction_info": {"source": "component"}, "request": {"url": URL, "method": "post"}},
         EventRoute("POST", "/api/beta/preview/{token}/screen/1")),
        ({"transaction": "/items/{item_id}/", "transaction_info": {"source": "route"}, "request": {"method": "GET"}},
         EventRoute("GET", "/items/{item_id}")),
        ({"transaction": "POST /api/solver/solve", "transaction_info": {"source": "custom"}},
         EventRoute("POST", "/api/solver/solve")),
        ({"transaction": "/api/beta/preview/synth-scraper-token-001/screen/1"},
         EventRoute("", "/api/beta/preview/{token}/screen/1")),
        ({"transaction": "/users/1234", "transaction_info": {"source": "url"}}, EventRoute("", "/users/{id}")),
        ({"transaction": "/", "transaction_info": {"source": "route"}}, EventRoute("", "/")),
        ({"transaction": "shop.tasks.mail", "transaction_info": {"source": "task"}}, EventRoute("", "shop.tasks.mail")),
        ({"transaction": "https://shop.example/cart/4711?x"}, EventRoute("", "/cart/{id}")),
        (
            {"culprit": "raptor.views in preview", "request": {"url": "/x/1", "method": "GET"}},
            EventRoute("GET", "/x/1"),
        ),
        ({"request": {"url": URL}}, EventRoute("", "/api/beta/preview/{token}/screen/1")),
        ({"request": {"url": "http://[broken"}}, EventRoute("", "")),
        ({"request": {"method": "BREW"}}, EventRoute("", "")),
        ({}, EventRoute("", "")),
    ],
)  # fmt: skip
def test_route_of(payload: Any, expected: EventRoute) -> None:
    assert route_of(normalise(payload))[:3] == expected[:3]


ORDER = "https://shop.example/orders/42?x=1"


@pytest.mark.parametrize(
    ("transaction", "source", "url", "route", "handler"),
    [
        # The default names of frameworks' SDKs, with the URL of the request: one route each, and the name is kept.
        ("show_order", "component", ORDER, "/orders/42", "show_order"),  # Flask, transaction_style="endpoint"
        ("orders.show", "component", ORDER, "/orders/42", "orders.show"),  # of a blueprint
        ("index", "", "https://shop.example/", "/", "index"),
        ("shop.main.get_order", "component", ORDER, "/orders/42", "shop.main.get_order"),  # FastAPI, "endpoint"
        ("OrdersController#show", "view", ORDER, "/orders/42", "OrdersController#show"),  # Rails
        ("OrderController.show/2", "", ORDER, "/orders/42", "OrderController.show/2"),  # Phoenix
        (r"App\Http\Controllers\OrderController@show", "", ORDER, "/orders/42",
         r"App\Http\Controllers\OrderController@show"),  # Laravel
        ("GET Home/Index", "", "https://shop.example/home", "/home", "Home/Index"),  # ASP.NET MVC
        ("shop.views.order", "component", ORDER, "/orders/42", "shop.views.order"),  # Django, function_name
        ("<anonymous>", "", ORDER, "/orders/42", "<anonymous>"),  # Express, transaction: "handler"
        # Rules are routes, also where the first slash is left out.
        ("GET Orders/{id}", "route", ORDER, "/Orders/{id}", ""),  # ASP.NET Core
        ("Orders/{id:int}", "", ORDER, "/Orders/{id:int}", ""),
        ("GET /orders/:id", "route", ORDER, "/orders/:id", ""),  # Express
        ("/orders/<int:order_id>", "route", ORDER, "/orders/<int:order_id>", ""),  # Flask, "url"
        ("GET /orders/[id]", "route", ORDER, "/orders/[id]", ""),  # Next.js
        ("/screen/1", "route", "", "/screen/1", ""),
        # Tasks have no URL: their name is the route.
        ("shop.tasks.mail", "task", "", "shop.tasks.mail", ""),  # Celery
        ("Sidekiq/MailJob", "task", "", "Sidekiq/MailJob", ""),
        ("orders.show", "component", "", "orders.show", ""),
    ],
)  # fmt: skip
def test_names_of_functions(transaction: str, source: str, url: str, route: str, handler: str) -> None:
    found = route_of(
        normalise({"transaction": transaction, "transaction_info": {"source": source}, "request": {"url": url}})
    )
    assert (found.route, found.handler) == (route, handler)
    assert found.url_path == ""


@pytest.mark.parametrize(
    "carried",
    [
        {"contexts": {"trace": {"data": {"http.route": "/orders/<int:order_id>"}}}},
        {"tags": {"url_rule": "/orders/<int:order_id>"}},
        {"tags": [["http.route", "/orders/<int:order_id>/"]]},
        {"extra": {"url_rule": "/orders/<int:order_id>"}},
        {"contexts": {"trace": {"data": {"http.route": 7, "url.template": "/orders/<int:order_id>"}}}},
    ],
)
def test_a_rule_that_was_sent_beside_the_name_is_the_route(carried: dict[str, Any]) -> None:
    payload = {"transaction": "orders.show", "request": {"url": ORDER, "method": "GET"}, **carried}
    assert route_of(normalise(payload)) == EventRoute("GET", "/orders/<int:order_id>", "", "orders.show")


@pytest.mark.parametrize(
    "carried", [{"contexts": {"trace": {"data": ["http.route"]}}}, {"tags": {"http.route": "all"}}]
)
def test_what_is_no_rule_is_left(carried: dict[str, Any]) -> None:
    assert route_of(normalise({"transaction": "f", "request": {"url": ORDER}, **carried})).route == "/orders/42"


@pytest.mark.parametrize(
    ("payload", "numbers"),
    [
        ({"request": {"url": ORDER}}, (("/orders/{id}", 42),)),
        ({"transaction": "/orders/1042", "transaction_info": {"source": "url"}}, (("/orders/{id}", 1042),)),
        ({"transaction": "/orders/:id", "transaction_info": {"source": "route"}, "request": {"url": ORDER}}, ()),
        # A part of a pattern is no id, but what the application is mounted at may be.
        ({"transaction": "/screen/1", "transaction_info": {"source": "route"}}, ()),
        (
            {
                "transaction": "/orders/:id",
                "transaction_info": {"source": "route"},
                "request": {"url": "https://shop.example/shops/7/orders/42"},
            },
            (("/shops/{id}/orders/:id", 7),),
        ),
    ],
)
def test_numbers_of_what_was_sent_as_it_is(payload: dict[str, Any], numbers: tuple[tuple[str, int], ...]) -> None:
    assert route_of(normalise(payload)).numbers == numbers
