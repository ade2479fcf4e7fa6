"""The pages of daily summaries: what they show, to whom, and in how many queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from detections.alerts.delivery.sender import deliver
from detections.alerts.models import Alert
from tests.detections.alerts.delivery.queue import at
from tests.detections.alerts.summary.test_make import DAY, NOW, make, medium
from tests.markup import folded
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
LOGIN = 4  # session, user, and rights of the user and of groups
LIST = "/alerts/summaries/"
ONE = f"{LIST}2026-06-13/"


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_viewer())
    return client


def text(client: Client, url: str) -> str:
    return folded(client.get(url).content.decode())


def test_a_day(viewer: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://ops.example.org"
    alert = medium("/api/<b>/*")
    make()
    deliver(at(NOW))
    html = text(viewer, ONE)
    assert "1 medium alert (1 still open)" in html
    line = "DET-BETA-003 on /api/&lt;b&gt;/*, Errors on the preview (still open)"
    assert f'<a href="/alerts/{alert.pk}/">{line}</a>' in html
    assert "Would be sent to ops@ (no e-mail target is bound to this label)" in html
    assert "Operations mailbox (policy “Medium, daily summary”)." in html
    assert "09:00 America/New_York" in html
    assert "/admin/detections/target/" not in html, "what may be changed there is for staff"


def test_a_day_without_anything(viewer: Client) -> None:
    make()
    assert "Nothing to report" in text(viewer, ONE)


def test_the_list_and_the_way_there(viewer: Client) -> None:
    assert "One is made each day at 09:00 America/New_York." in text(viewer, LIST)
    make()
    medium(minute=60 * 24)
    make(NOW + DAY)
    html = text(viewer, LIST)
    assert html.index("2026-06-14") < html.index("2026-06-13")
    assert "1 medium alert (1 still open)" in html
    assert "nothing to report" in html
    assert f'href="{LIST}"' in text(viewer, "/alerts/")
    assert f'href="{LIST}"' in text(viewer, "/routing/")


def test_an_alert_says_in_which_it_was(viewer: Client) -> None:
    alert: Alert = medium()
    make()
    assert "it was in the daily summary of 2026-06-13" in text(viewer, f"/alerts/{alert.pk}/")


@pytest.mark.parametrize("day", ["2026-06-12", "20260613", "2026-13-01", "x", "2026-06-13T00:00"])
def test_a_day_without_a_summary_is_not_found(viewer: Client, day: str) -> None:
    make()
    assert viewer.get(f"{LIST}{day}/").status_code == 404


@pytest.mark.parametrize("url", [LIST, ONE])
def test_only_members_see_them(client: Client, url: str) -> None:
    make()
    assert client.get(url).status_code == 302


@pytest.mark.parametrize(("url", "queries"), [(LIST, 2), (ONE, 4)])
def test_queries(viewer: Client, url: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for days in range(3):
        make(NOW + timedelta(days=days))
    with django_assert_num_queries(LOGIN + queries):
        viewer.get(url)
