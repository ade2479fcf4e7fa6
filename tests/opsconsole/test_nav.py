"""The navigation shows what exists and what the visitor may see; one section is current."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from opsconsole.accounts.models import User
from opsconsole.nav import links, navigation


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", page, name="overview"),
    path("alerts/", page, name="alert_list"),
    path("alerts/rules/", page, name="rule_list"),
    path("routing/", page, name="routing"),
]


@pytest.fixture(autouse=True)
def few_addresses(settings: pytest.FixtureRequest) -> None:
    settings.ROOT_URLCONF = "tests.opsconsole.test_nav"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/", "Overview"),
        ("/alerts/", "Alerts"),
        ("/alerts/7/", "Alerts"),
        ("/alerts/rules/3/", "Rules"),
        ("/routing/", "Alerts"),
        ("/elsewhere/", None),
    ],
)
def test_the_nearest_section_is_current(address: str, current: str | None) -> None:
    shown = links(address, User())
    assert [link.section.label for link in shown] == ["Overview", "Alerts", "Rules"]
    assert [link.section.label for link in shown if link.current] == ([current] if current else [])


def test_nobody_logged_in_sees_no_navigation() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert navigation(request)["nav"] == []
