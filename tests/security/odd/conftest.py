"""Who sends odd values."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

from opsconsole.accounts.models import User


@pytest.fixture
def root(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A superuser. The pages lack the list of all models at their side, which takes half of the time of each."""
    monkeypatch.setattr(admin.site, "get_app_list", lambda *_: [])
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client
