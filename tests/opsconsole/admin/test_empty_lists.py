"""An empty list says why it is empty, and what to do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from detections.telemetry.count_models import HourCount
from tests.opsconsole.admin import rows

pytestmark = pytest.mark.django_db


def said(client: Client, address: str) -> tuple[str, str, str]:
    """The sentence, and the link below it."""
    html = client.get(address).content.decode().partition('<div class="empty-list">')[2].partition("</div>")[0]
    text = re.search(r"<p>(.*?)</p>", html, re.DOTALL)
    link = re.search(r'<a href="([^"]*)">([^<]*)</a>', html)
    return text[1] if text else "", link[2] if link else "", link[1].replace("&amp;", "&") if link else ""


def test_where_people_add_rows_it_leads_to_the_form(admin_client: Client) -> None:
    assert said(admin_client, "/admin/detections/project/") == ("No projects yet.", "Add the first", "add/")


def test_where_the_console_does_it_says_when(admin_client: Client) -> None:
    text, *_ = said(admin_client, "/admin/detections/issue/")
    assert text == "No issues yet. Rows appear as applications send errors."


def test_a_search_that_finds_nothing_is_cleared_alone(admin_client: Client) -> None:
    rows.route()
    text, link, address = said(admin_client, "/admin/detections/series/?q=%3Cnone%3E&source__exact=sentry")
    assert (text, link) == ("No series match “&lt;none&gt;”.", "Clear the search")
    assert address == "?source__exact=sentry"
    assert said(admin_client, f"/admin/detections/series/{address}")[0] == ""
    project = "project__id__exact=0"  # begins with the parameter of pages
    assert said(admin_client, f"/admin/detections/series/?q=none&{project}")[2] == f"?{project}"


def test_filters_that_leave_nothing_are_cleared(admin_client: Client) -> None:
    rows.route()
    text, link, address = said(admin_client, "/admin/detections/series/?source__exact=router")
    assert (text, link, address) == ("No series with these filters.", "Clear the filters", "?")


def test_a_span_without_rows_leads_to_the_next_longer_one(admin_client: Client) -> None:
    rows.hours(1)
    HourCount.objects.update(hour=HourCount.objects.get().hour - timedelta(days=3))
    at = "/admin/detections/hourcount/"
    assert said(admin_client, at) == ("No hour counts in the last hour.", "Show the last day", "?since=day")
    assert said(admin_client, f"{at}?since=day")[1:] == ("Show the last week", "?since=week")
    assert said(admin_client, f"{at}?since=week")[0] == ""
    HourCount.objects.all().delete()
    assert said(admin_client, f"{at}?since=week") == ("No hour counts in the last week.", "", "")


def test_any_time_is_what_some_lists_begin_with(admin_client: Client) -> None:
    changelist = admin_client.get("/admin/detections/alert/").context["cl"]
    time = next(each for each in changelist.filter_specs if each.title == "time")
    assert [choice["display"] for choice in time.choices(changelist) if choice["selected"]] == ["All"]


@pytest.mark.parametrize("asked", ["o=1", "q=", "_popup=1&_to_field=id", "_facets=True"])
def test_what_leaves_no_row_out_is_no_filter(admin_client: Client, asked: str) -> None:
    assert said(admin_client, f"/admin/detections/project/?{asked}")[0] == "No projects yet."


def test_a_lookup_whose_filters_are_cleared_stays_one(admin_client: Client) -> None:
    rows.route()
    *_, address = said(admin_client, "/admin/detections/series/?_popup=1&source__exact=router")
    assert address == "?_popup=1"
