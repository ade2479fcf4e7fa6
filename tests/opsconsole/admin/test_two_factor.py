"""Two-factor devices in the admin: seen and taken away, never shown with their secret or made for somebody."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from opsconsole.accounts.models import User

pytestmark = pytest.mark.django_db
AT = "/admin/mfa/authenticator/"


def test_its_secret_is_not_shown(admin_client: Client) -> None:
    person = User.objects.create_user("grace")
    device = Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "S3CR3TS3CR3T"})
    page = admin_client.get(f"{AT}{device.pk}/change/").content.decode()
    assert "grace" in page
    assert "S3CR3T" not in page
    assert "S3CR3T" not in admin_client.get(f"{AT}{device.pk}/delete/").content.decode()


def test_nobody_makes_one_for_somebody(admin_client: Client) -> None:
    assert admin_client.get(f"{AT}add/").status_code == 403


def test_a_lost_one_is_taken_away(admin_client: Client) -> None:
    person = User.objects.create_user("grace")
    device = Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "S3CR3TS3CR3T"})
    assert admin_client.post(f"{AT}{device.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.exists()
