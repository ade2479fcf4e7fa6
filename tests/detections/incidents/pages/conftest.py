"""A responder who is signed in, at a time that is given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.incidents.factories import START
from tests.detections.incidents.people import make_responder

NOW = START + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def half_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def ada(db: None) -> User:
    return make_responder()


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client
