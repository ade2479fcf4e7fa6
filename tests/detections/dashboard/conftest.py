"""People who look at the pages, at one moment: a minute that passes in mid-test would move every bucket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from opsconsole.accounts.models import User
from tests.detections.dashboard.builders import MOMENT
from tests.people import make_viewer


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def viewer(db: None) -> Client:
    """Someone logged in without any special right."""
    client = Client()
    client.force_login(make_viewer())
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Someone with every right."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client
