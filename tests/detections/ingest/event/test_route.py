"""The route of an event."""

from __future__ import annotations

from typing import Any

import pytest

from detections.ingest.event.normalise import normalise
from detections.ingest.event.route import Where, where

URL = "https://raptor.example/api/beta/preview/tok-12345/screen/1?x=1"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # Flask names the view function: the URL tells more.
        ({"transaction": "f", "transaction_info": {"source": "component"}, "request": {"url": URL, "method": "post"}},
         Where("POST", "/api/beta/preview/{token}/screen/1")),
        ({"transaction": "/items/{item_id}/", "transaction_info": {"source": "route"}, "request": {"method": "GET"}},
         Where("GET", "/items/{item_id}")),
        ({"transaction": "POST /api/solver/solve", "transaction_info": {"source": "custom"}},
         Where("POST", "/api/solver/solve")),
        ({"transaction": "/api/beta/preview/synth-scraper-token-001/screen/1"},
         Where("", "/api/beta/preview/{token}/screen/1")),
        ({"transaction": "/users/1234", "transaction_info": {"source": "url"}}, Where("", "/users/{id}")),
        ({"transaction": "/", "transaction_info": {"source": "route"}}, Where("", "/")),
        ({"transaction": "shop.tasks.mail", "transaction_info": {"source": "task"}}, Where("", "shop.tasks.mail")),
        ({"transaction": "https://shop.example/cart/4711?x"}, Where("", "/cart/{id}")),
        ({"culprit": "raptor.views in preview", "request": {"url": "/x/1", "method": "GET"}}, Where("GET", "/x/1")),
        ({"request": {"url": URL}}, Where("", "/api/beta/preview/{token}/screen/1")),
        ({"request": {"url": "http://[broken"}}, Where("", "")),
        ({"request": {"method": "BREW"}}, Where("", "")),
        ({}, Where("", "")),
    ],
)  # fmt: skip
def test_where(payload: Any, expected: Where) -> None:
    assert where(normalise(payload)) == expected
