"""Odd values in the bodies that forms and acts of the pages send."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest

from tests.opsconsole.test_access_matrix import ACTS, FORMS, addresses, client_of, one_moment  # noqa: F401 - fixtures
from tests.security.odd.values import NUMBERS, TEXTS, names_in_bodies

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_acts_answer(addresses: dict[str, str]) -> None:  # noqa: F811
    client = client_of("Admin")
    client.raise_request_exception = False
    names = names_in_bodies()
    values = [unquote_to_bytes(value).decode(errors="replace") for value in (*NUMBERS, *TEXTS)]
    asked = [(name, value) for value in values for name in (*FORMS, *ACTS)]
    assert [
        (name, value[:24])
        for name, value in asked
        if client.post(addresses[name], dict.fromkeys(names, value)).status_code >= 500
    ] == []
