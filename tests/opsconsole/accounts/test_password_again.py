"""What the page that asks for the password again says of the act that waits for it."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from opsconsole.accounts import password_again
from opsconsole.accounts.models import User
from opsconsole.accounts.password_again import ActInWords, act_in_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of() -> HttpRequest:
    request = RequestFactory().get("/accounts/reauthenticate/", {"next": "/act/?x=1"})
    request.session = SessionStore()
    return request


def test_the_words_are_those_of_the_act_that_waits(request_of: HttpRequest) -> None:
    request_of.session[password_again._KEY] = {"path": "/act/?x=1", "what": "Sign", "facts": [["Item", "failover"]]}
    assert act_in_words(request_of) == ActInWords("Sign", (("Item", "failover"),))


def test_the_words_of_a_former_act_are_not_shown(request_of: HttpRequest) -> None:
    request_of.session[password_again._KEY] = {"path": "/other/", "what": "Sign", "facts": []}
    assert act_in_words(request_of) is None


@pytest.mark.parametrize("name", password_again._OF_THE_ACCOUNT)
def test_the_acts_of_the_account_are_pages(name: str) -> None:
    assert reverse(name, kwargs={"pk": 1} if name in ("mfa_edit_webauthn", "mfa_remove_webauthn") else {})


def test_the_page_names_an_act_of_the_account_and_keeps_where_it_leads() -> None:
    client = Client()
    client.force_login(User.objects.create_user("ada", password="x"))
    page = client.get("/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/").content.decode()
    assert "<h1>Set up an authenticator app</h1>" in page
    assert 'name="next" value="/accounts/2fa/totp/activate/"' in page
    assert "<h1>Confirm that it is you</h1>" in client.get("/accounts/reauthenticate/?next=/alerts/").content.decode()
