"""Login and account pages: each that can be reached works, none leads to what the console cannot do."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from opsconsole.accounts.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


def test_login_leads_to_where_one_wanted_to_go(client: Client, ada: User) -> None:
    answer = client.post("/accounts/login/?next=/routes/", {"login": "ada", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/routes/")


def test_unknown_people_and_wrong_passwords_hear_the_same(client: Client, ada: User) -> None:
    wrong = client.post("/accounts/login/", {"login": "ada", "password": "no"}).content.decode()
    unknown = client.post("/accounts/login/", {"login": "eve", "password": "no"}).content.decode()
    message = "are not correct"
    assert message in wrong
    assert message in unknown


def test_no_link_to_a_reset_by_mail(client: Client, db: None) -> None:
    assert "Forgot" not in client.get("/accounts/login/").content.decode()
    assert client.get("/accounts/password/reset/").status_code == 404


def test_nobody_signs_up(client: Client, db: None) -> None:
    client.post("/accounts/signup/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
    ],
)
def test_account_pages_answer(client: Client, ada: User, path: str) -> None:
    client.force_login(ada)
    assert client.get(path, follow=True).status_code == 200


TITLES = re.compile(r"<(title|h1|h2|label|button|a)\b[^>]*>(.*?)</\1>", re.DOTALL)


@pytest.mark.parametrize(
    "path",
    [
        "login/",
        "logout/",
        "inactive/",
        "signup/",
        "reauthenticate/",
        "password/change/",
        "2fa/",
        "2fa/reauthenticate/",
        "2fa/totp/activate/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/",
        "2fa/recovery-codes/generate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "2fa/webauthn/reauthenticate/",
    ],
)
def test_account_pages_are_in_sentence_case(client: Client, ada: User, path: str) -> None:
    if path not in ("login/", "signup/", "inactive/"):
        client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})  # recent: no need to confirm it
    answer = client.get(f"/accounts/{path}", follow=True)
    html = answer.content.decode()
    texts = [strip_tags(text).strip() for _, text in TITLES.findall(html)] + re.findall(r'placeholder="(.*?)"', html)
    assert texts
    assert [text for text in texts if re.search(r"[a-z)][ -][A-Z][a-z]+\b", text)] == []
