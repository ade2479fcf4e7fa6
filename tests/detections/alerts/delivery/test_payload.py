"""The organization of a message, where SDKs put it; messages carry no secret that stands in a text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detections.alerts.delivery.payload import _organization, _scrubbed
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


def test_texts_of_a_message_are_scrubbed_and_its_link_is_not() -> None:
    url = "https://console.example.org/alerts/1/?token=page-3"
    facts = _scrubbed({"url": url, "cause": "login with password=hunter2-x failed", "owner": "sre-agent", "events": 3})
    assert facts == {"url": url, "cause": "login with password=[Filtered] failed", "owner": "sre-agent", "events": 3}
