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
    assert route_of(normalise(payload)) == expected
