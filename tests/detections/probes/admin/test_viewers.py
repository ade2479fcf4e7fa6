"""Who may only look at targets in the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from opsconsole.accounts.models import User
from tests.detections.probes.admin.forms import ADMIN, STATUS, add, change, fields, shown

pytestmark = pytest.mark.django_db


def test_who_may_only_look_sees_the_target_and_changes_nothing(client: Client, admin_client: Client) -> None:
    target = add(admin_client, STATUS, secret_headers="x-api-key: hunter2")
    user = User.objects.create_user("vera", is_staff=True)
    codes = ("view_probetarget", "view_probeinvariant", "view_proberun")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    page = shown(client, f"{target.pk}/change/")
    assert 'status must equal "ok"' in page
    assert "hunter2" not in page
    assert client.post(f"{ADMIN}/{target.pk}/change/", fields(name="Other")).status_code == 403
    assert client.get(f"{ADMIN}/from-file/").status_code == 403
    assert client.get(f"{ADMIN}/{target.pk}/export/file/").status_code == 200
    user.user_permissions.clear()
    assert client.get(f"{ADMIN}/{target.pk}/export/file/").status_code == 403


def test_who_may_only_look_does_not_see_where_tokens_may_be(client: Client, admin_client: Client) -> None:
    tokens = {"endpoint": "/v1?token=hunter2&page=1", "webhook_url": "https://hooks.example.com/hunter3?a=1"}
    target = add(admin_client, **tokens)
    change(admin_client, target, endpoint="/v2?token=hunter4", webhook_url="https://hooks.example.com/hunter5")
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_probetarget"))
    client.force_login(user)
    pages = ("", f"{target.pk}/change/", f"{target.pk}/export/", f"{target.pk}/export/file/", f"{target.pk}/history/")
    for address in pages:
        assert "hunter" not in client.get(f"{ADMIN}/{address}").content.decode(), address
    page = shown(client, f"{target.pk}/change/")
    assert "/v2?token=[hidden]" in page
    assert "hooks.example.com" in page
    assert "hunter5" in admin_client.get(f"{ADMIN}/{target.pk}/export/file/").content.decode()
