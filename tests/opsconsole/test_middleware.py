"""Addresses that no page can answer are refused in words, not with a 500; HEAD goes where GET goes."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

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


def test_the_favicon_is_where_browsers_look_for_it(
    viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = viewer.get("/favicon.ico")
        icon = viewer.get(answer["Location"])
    assert (answer.status_code, answer["Cache-Control"]) == (302, "public, max-age=86400")
    assert (icon.status_code, icon["Content-Type"]) == (200, "image/svg+xml")
    assert viewer.post("/favicon.ico").status_code == 404


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/admin/", "/nowhere/"])
def test_pages_link_the_favicon(admin_client: Client, address: str) -> None:
    client = Client() if "login" in address else admin_client
    assert '<link rel="icon" href="/static/opsconsole/favicon.svg"' in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/", "/alerts/", "/routes/", "/issues/", "/rules/", "/checklists/"])
def test_head(viewer: Client, address: str) -> None:
    assert viewer.head(address).status_code == 200
