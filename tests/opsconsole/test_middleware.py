"""Addresses that no page can answer are refused in words, not with a 500; HEAD goes where GET goes."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.people import make_viewer


@pytest.fixture
def viewer(client: Client, db: None) -> Client:
    client.force_login(make_viewer())
    return client


@pytest.mark.parametrize(
    ("address", "status"),
    [("/issues/?q=%00", 400), ("/issues/?q=user:%00", 400), ("/routes/?%00=1", 400), ("/rules/a%00b/", 404)],
)
def test_a_nul_in_the_address_is_no_error_of_ours(viewer: Client, address: str, status: int) -> None:
    assert viewer.get(address).status_code == status


@pytest.mark.parametrize("address", ["/", "/alerts/", "/routes/", "/issues/", "/rules/", "/checklists/"])
def test_head(viewer: Client, address: str) -> None:
    assert viewer.head(address).status_code == 200
