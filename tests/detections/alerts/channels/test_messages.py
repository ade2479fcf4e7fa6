"""What messages say, and that hostile values stay one line of bounded length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.delivery_models import Delivery

FACTS: MessageFacts = {
    "kind": "firing",
    "alert": 7,
    "url": "https://ops.example.org/alerts/7/",
    "rule": "DET-BETA-003",
    "severity": "critical",
    "group": "/api/beta/preview/*",
    "environment": "prod",
    "cause": "INTERNAL_API_SECRET mismatch",
    "owner": "sre-agent",
    "sentence": "5 errors in 5 minutes",
    "message": "RuntimeError: beta_token_verifier: Console returned 403",
    "release": "v1.2.0 (abc123)",
    "first_seen": "2026-06-12T14:03:00+00:00",
    "events": 5,
    "users": 2,
    "organization": "org_456 Church of the Valley",
}


def test_the_layout_is_that_of_the_message_contract() -> None:
    assert render(FACTS).text.splitlines() == [
        "🚨 Critical: DET-BETA-003 on /api/beta/preview/*",
        "",
        "Message: RuntimeError: beta_token_verifier: Console returned 403",
        "Evidence: 5 errors in 5 minutes",
        "Likely cause: INTERNAL_API_SECRET mismatch",
        "First response: sre-agent",
        "Environment: prod",
        "Release: v1.2.0 (abc123)",
        "First seen: 2026-06-12 14:03 UTC",
        "Events: 5",
        "",
        "👤 Affected users: 2",
        "🏢 Organization: org_456 Church of the Valley",
        "",
        "🔗 Open in opsconsole: https://ops.example.org/alerts/7/",
    ]


def test_the_environment_is_named_with_its_project() -> None:
    assert "Environment: raptor/prod" in render(FACTS | {"project": "raptor"}).text.splitlines()
    of_deployment: MessageFacts = {"project": "raptor", "environment": "raptor/prod · raxx", "host": "raxx"}
    assert "Environment: raptor/prod · raxx" in render(FACTS | of_deployment).text.splitlines()


def test_what_is_not_known_is_left_out() -> None:
    text = render({"kind": "resolved", "severity": "high", "rule": "R", "project": "p", "environment": "prod"}).text
    assert text.startswith("✅ Resolved: R on p/prod")
    assert "Release" not in text
    assert "Affected" not in text


@pytest.mark.parametrize("kind", [kind.value for kind in Delivery.Kind])
def test_every_kind_has_a_headline(kind: str) -> None:
    assert "DET-BETA-003" in render(FACTS | {"kind": kind, "actor": "ada"}).headline


@given(st.text(max_size=5000), st.text(max_size=5000))
def test_hostile_values_stay_in_their_line(message: str, group: str) -> None:
    said = render(FACTS | {"message": message, "group": group})
    assert len(said.headline) <= 150
    assert len(said.headline.splitlines()) == 1
    assert all(len(line.splitlines()) == 1 and len(line) <= 520 for block in said.blocks for line in map(str, block))
