"""A form that is shown again: what was typed stays, but for secrets, and it says so."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from opsconsole.env.parsers import as_networks
from tests.detections.probes.admin.forms import ADMIN, fields

pytestmark = pytest.mark.django_db
AGAIN = "Enter it again"


def test_a_secret_that_is_not_shown_again_is_asked_for(admin_client: Client, settings: Settings) -> None:
    """An internal address is always asked about: a target would be saved without the secret that was typed."""
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    typed = {"secret_headers": "authorization: hunter2", "webhook_token": "hunter3"}
    sent = fields(base="http://127.0.0.1:9", webhook_url="https://203.0.112.9/hook")
    asked = admin_client.post(f"{ADMIN}/add/", {**sent, **typed}).content.decode()
    assert asked.count(AGAIN) == 2
    assert "hunter" not in asked
    assert AGAIN not in admin_client.post(f"{ADMIN}/add/", sent).content.decode()
    assert AGAIN not in admin_client.get(f"{ADMIN}/add/").content.decode()


def test_a_wrong_invariant_asks_for_the_secret_too(admin_client: Client) -> None:
    wrong = {"kind": "latency", "percentile": 95, "max_ms": 0}
    answer = admin_client.post(f"{ADMIN}/add/", fields(wrong, secret_headers="authorization: hunter2"))
    assert answer.content.decode().count(AGAIN) == 1
