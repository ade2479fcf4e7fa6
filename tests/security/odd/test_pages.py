"""Odd values in the addresses of pages that read them, beside lists. All names of an address get the value at once."""

from __future__ import annotations

import pytest

from opsconsole.accounts.models import User
from tests.opsconsole.test_access_matrix import addresses, client_of, one_moment  # noqa: F401 - fixtures
from tests.security.odd.asking import get
from tests.security.odd.values import VALUES, admin_filters, admin_lookups, names_in_addresses, names_in_bodies

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
READERS = ("alert_chart", "environment_matrix", "issue", "overview", "route", "routing", "rule", "runbook_import")


def test_names_are_found() -> None:
    assert {"q", "sort", "after", "limit", "cursor", "show", "project"} <= set(names_in_addresses())
    assert {"line", "note", "row", "version"} <= set(names_in_bodies())
    assert "date_joined__year" in admin_lookups(User)
    assert len(admin_filters()) > 20


def test_pages_answer(addresses: dict[str, str]) -> None:  # noqa: F811
    client = client_of("Admin")
    asked = [(name, value) for name in READERS for value in VALUES]
    names = names_in_addresses()
    assert [
        (name, value[:24])
        for name, value in asked
        if get(client, addresses[name], "&".join(f"{each}={value}" for each in names)) >= 500
    ] == []
