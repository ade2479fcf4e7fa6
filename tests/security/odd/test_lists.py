"""Odd values in the addresses of lists. All names of an address get the value at once."""

from __future__ import annotations

import pytest

from tests.opsconsole.test_access_matrix import PAGES, addresses, client_of, one_moment  # noqa: F401 - fixtures
from tests.security.odd.asking import get
from tests.security.odd.values import CURSORS, VALUES, names_in_addresses

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LISTS = [name for name in PAGES if name.endswith(("_list", "_events", "_drift"))]


def test_lists_answer(addresses: dict[str, str]) -> None:  # noqa: F811
    client = client_of("Admin")
    asked = [(name, "&".join(f"{each}={value}" for each in names_in_addresses())) for name in LISTS for value in VALUES]
    asked += [(name, f"{way}={value}") for name in LISTS for way in ("after", "before") for value in CURSORS]
    assert [(name, sent[-40:]) for name, sent in asked if get(client, addresses[name], sent) >= 500] == []
