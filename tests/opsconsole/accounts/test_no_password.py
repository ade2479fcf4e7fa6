"""Who has no password and is asked for it again is told what to do."""

from __future__ import annotations

import pytest
from django.test import Client

from opsconsole.accounts.models import User

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password/none/"


def client_of(password: str | None) -> Client:
    """Signed in, as after single sign-on."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada", password=password))
    return client


@pytest.mark.parametrize(
    "path", ["/accounts/reauthenticate/", "/accounts/2fa/totp/activate/", "/accounts/password/change/"]
)
def test_they_are_told_how_to_get_one(path: str) -> None:
    answer = client_of(None).get(path, follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (403, PAGE)
    text = " ".join(answer.content.decode().split())
    assert "You have no password yet" in text
    assert "<code>bin/manage changepassword ada</code>" in text


def test_who_has_one_is_asked_for_it() -> None:
    client = client_of("a-long-password")
    assert client.get("/accounts/2fa/totp/activate/").url.startswith("/accounts/reauthenticate/")
    assert client.get("/accounts/password/change/").status_code == 200
    assert client.get(PAGE).url == "/"


def test_strangers_sign_in_first() -> None:
    for path in (PAGE, "/accounts/password/change/", "/accounts/reauthenticate/"):
        assert Client().get(path).url.startswith("/accounts/login/")
