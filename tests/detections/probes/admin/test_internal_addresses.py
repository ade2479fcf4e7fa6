"""Internal addresses of targets: asked for once, recorded, and let by administrators only."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django import Settings

from opsconsole.accounts.models import User
from opsconsole.env.parsers import as_networks
from tests.detections.probes.admin.forms import ADMIN, add, change, fields, post, problems, refused, shown

pytestmark = pytest.mark.django_db
INTERNAL = "127.0.0.1 127.0.0.1/32"


def test_an_internal_address_is_asked_for_once_and_recorded(admin_client: Client, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    internal = {"base": "http://127.0.0.1:9", "reach": [INTERNAL]}
    asked = admin_client.post(f"{ADMIN}/add/", fields(base="http://127.0.0.1:9"))
    assert "Tick below" in problems(asked)["base"]
    assert f'value="{INTERNAL}"' in asked.content.decode()
    target = add(admin_client, **internal)
    assert (target.allow, target.allowed_by_name) == (["127.0.0.1/32"], "admin")
    at = target.allowed_at
    assert at
    page = shown(admin_client, f"{target.pk}/change/")
    assert "Allowed by admin at" in page
    target = change(admin_client, target, samples=5, **internal)
    assert target.allowed_at == at
    assert "127.0.0.1/32" in shown(admin_client, f"{target.pk}/history/")
    other = post(admin_client, target, base="http://127.0.0.2:9", reach=[INTERNAL])
    assert "127.0.0.2 is a loopback address, reached in the clear" in problems(other)["base"]
    target = change(admin_client, target, base="https://203.0.112.7")
    assert (target.allow, target.allowed_by_name, target.allowed_at) == ([], "", None)


def test_an_internal_address_that_the_operator_does_not_name_is_refused(admin_client: Client) -> None:
    found = refused(admin_client, base="https://10.0.0.5", reach=["10.0.0.5 10.0.0.5/32"])
    assert "OPSCONSOLE_OUTBOUND_ALLOW" in found["base"]
    assert "untick" in found["reach"]


def test_only_an_administrator_lets_a_target_reach_an_internal_address(client: Client, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    user = User.objects.create_user("olga", is_staff=True)
    codes = ("add_probetarget", "change_probetarget", "view_probetarget", "add_probeinvariant", "view_probeinvariant")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    internal = {"base": "http://127.0.0.1:9", "reach": [INTERNAL]}
    assert refused(client, **internal).keys() == {"reach"}
    user.groups.add(Group.objects.get_or_create(name="Admin")[0])
    target = add(client, **internal)
    user.groups.clear()
    assert change(client, target, samples=5, **internal).allow == ["127.0.0.1/32"]
