"""Addresses that no page can answer are refused in words, not with a 500; HEAD goes where GET goes."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from opsconsole.accounts.admin import UserAdmin
from opsconsole.accounts.models import User
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


def test_a_value_that_the_admin_cannot_read_is_refused_and_logged_without_it(
    admin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert admin_client.get("/admin/accounts/user/?date_joined__year=9999999999999999999").status_code == 400
    (entry,) = [each for each in caplog.records if each.name == "opsconsole.middleware"]
    told = logging.Formatter().format(entry)
    assert "Traceback" in told
    assert "OverflowError; its text quotes the address" in told
    assert "99999999" not in told


def broken(*_: Any) -> QuerySet[User]:
    return User.objects.filter(pk="a fault of the console")


@pytest.mark.parametrize("fault", [broken, lambda *_: int("a fault of the console")])
def test_a_fault_of_the_console_in_the_admin_is_no_fault_of_the_address(
    admin_client: Client, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserAdmin, "get_queryset", fault)
    monkeypatch.setitem(fault.__globals__, "__name__", "opsconsole.accounts.made_up")
    with pytest.raises(ValueError, match="a fault of the console"):
        admin_client.get("/admin/accounts/user/?q=ada")
