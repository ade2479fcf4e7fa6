"""The organization of a message: where SDKs put it, as the message contract shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detections.alerts.delivery.payload import _organization
from detections.telemetry.bodies import pack
from detections.telemetry.models import Event

NAMED = {"contexts": {"organization_details": {"org_name": "Church of the Valley", "org_plan": "Pro"}}}


@pytest.mark.parametrize(
    ("tags", "body", "said"),
    [
        ({"org_id": "org_456"}, NAMED, "org_456 (Church of the Valley)"),
        ({}, {**NAMED, "user": {"id": "1", "org_id": "org_456"}}, "org_456 (Church of the Valley)"),
        ({}, NAMED, "Church of the Valley"),
        ({"org_id": "org_456", "org_name": "Valley"}, None, "org_456 (Valley)"),
        ({"org_id": "org_456"}, {"contexts": {"organization_details": ["x"]}, "user": "ada"}, "org_456"),
        ({}, {"contexts": None}, ""),
    ],
)
def test_it_is_read_from_tags_user_and_context(tags: dict[str, str], body: dict[str, Any] | None, said: str) -> None:
    packed = None if body is None else pack(json.dumps(body).encode())
    assert _organization(Event(tags=tags, body=packed)) == said


def test_a_body_that_cannot_be_read_is_left_out() -> None:
    assert _organization(Event(tags={"org_id": "org_456"}, body=b"no zstd")) == "org_456"
