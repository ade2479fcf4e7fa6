"""People who look at the pages."""

from __future__ import annotations

import pytest
from django.test import Client

from opsconsole.accounts.models import User


@pytest.fixture
def viewer(db: None) -> Client:
    """Someone logged in without any special right."""
    client = Client()
    client.force_login(User.objects.create_user("vera"))
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Someone with every right."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client
