"""Someone who edits rules, and an application with routes, an issue and policies."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from opsconsole.accounts import groups
from opsconsole.accounts.models import User


@pytest.fixture
def editor(db: None) -> Client:
    """Someone who may edit rules and nothing else beyond looking."""
    groups.load()
    user = User.objects.create_user("edith")
    user.groups.add(Group.objects.get(name="Rule editor"))
    client = Client()
    client.force_login(user)
    return client
