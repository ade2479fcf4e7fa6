"""Somebody who may edit rules."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from opsconsole.accounts.models import User


@pytest.fixture
def editor(client, db):
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="detections"))
    client.force_login(user)
    return user
