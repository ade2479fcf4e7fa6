"""Odd values in the form of the login."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from django.test import Client

from tests.security.odd.asking import get
from tests.security.odd.values import TEXTS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("value", TEXTS, ids=lambda value: value[:24])
@pytest.mark.parametrize("field", ["login", "password", "remember", "next"])
def test_signing_in_answers(db: None, field: str, value: str) -> None:
    text = unquote_to_bytes(value).decode(errors="replace")
    sent = {"login": "ada", "password": "x", field: text}
    assert Client().post("/accounts/login/", sent).status_code < 500
    assert get(Client(), "/accounts/login/", f"{field}={value}") < 500
