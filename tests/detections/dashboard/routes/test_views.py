"""The list of routes and the page of one route."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detections.telemetry.models import Series
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", [("route_list", []), ("route", [1])])
def test_it_asks_for_a_login(client: Client, address: tuple[str, list[int]]) -> None:
    answer = client.get(reverse(address[0], args=address[1]))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_most_errors_first_with_project_environment_and_count(viewer: Client) -> None:
    few, many = make.series("/few"), make.series("/many", "GET")
    make.errors(few, 1, n=2)
    make.errors(many, 1, n=1234)
    make.series("/none")
    html = viewer.get("/routes/").content.decode()
    assert html.index("GET /many") < html.index("POST /few")
    assert "1,234" in html
    assert "/none" not in html


def test_filters_live_in_the_address(viewer: Client) -> None:
    ours, theirs = make.series("/ours"), make.series("/theirs", of=make.project("shop"))
    staging = make.series("/staged", env="staging")
    for each in (ours, theirs, staging):
        make.errors(each, 1)

    def shown(query: str) -> set[str]:
        html = viewer.get(f"/routes/{query}").content.decode()
        return {route for route in ("/ours", "/theirs", "/staged") if f"POST {route}<" in html}

    assert shown("?project=shop") == {"/theirs"}
    assert shown("?environment=staging") == {"/staged"}
    assert shown("?q=POST+/our") == {"/ours"}
    assert shown("?q=GET+/our") == set()
    assert shown("?range=nonsense") == {"/ours", "/theirs", "/staged"}


@pytest.mark.parametrize("range_key", ["15m", "1h", "6h", "24h", "7d", "30d", "90d"])
def test_each_range_counts_the_same_errors(viewer: Client, range_key: str) -> None:
    one = make.series("/checkout")
    make.errors(one, 2, n=17)
    assert viewer.get(f"/routes/?range={range_key}").context["total"] == 17
    page = viewer.get(f"/routes/{one.pk}/?range={range_key}").context["route"]
    assert page.total == 17
    assert sum(row.count or 0 for row in page.chart.rows) == 17


def test_the_list_takes_a_fixed_number_of_queries(viewer: Client, django_assert_num_queries: Any) -> None:
    for n in range(5):
        make.errors(make.series(f"/r{n}"), 1)
    make.rule()
    # session, person, two of rights, projects, totals, series, environments, drawings;
    # rules, environments, places, open alerts, scopes
    with django_assert_num_queries(14):
        viewer.get("/routes/")


def test_the_page_takes_a_fixed_number_of_queries(viewer: Client, django_assert_num_queries: Any) -> None:
    one = make.series()
    make.errors(one, 1)
    make.event(make.issue(), one)
    # session, person, two of rights, series, siblings, rules, environments, places, counts, coverage, five of events
    with django_assert_num_queries(17):
        viewer.get(f"/routes/{one.pk}/")


def test_missing_is_not_zero(viewer: Client) -> None:
    one = make.series()
    make.cover(range(2, 30))
    make.errors(one, 40)
    rows = viewer.get(f"/routes/{one.pk}/?range=1h").context["route"].chart.rows
    counts = {row.start: row.count for row in rows}
    assert counts[make.minute(10)] == 0
    assert counts[make.minute(35)] is None
    assert counts[make.minute(40)] == 1  # counted, so something was there
    assert counts[make.minute(0)] == 0  # its heartbeat is still to come


def test_the_page_shows_what_stands_behind(viewer: Client) -> None:
    one = make.series()
    issue = make.issue(title="ValueError: <script>no price</script>")
    make.event(issue, one, back=1, release="shop@2")
    html = viewer.get(f"/routes/{one.pk}/").content.decode()
    assert f"/issues/{issue.pk}/" in html
    assert "&lt;script&gt;no price" in html
    assert "shop@2" in html


def test_other_environments_of_the_route_are_a_click_away(viewer: Client) -> None:
    prod, staging = make.series(), make.series(env="staging")
    html = viewer.get(f"/routes/{prod.pk}/").content.decode()
    assert f"/routes/{staging.pk}/" in html


def test_polling_answers_204_while_nothing_changes(viewer: Client) -> None:
    one = make.series()
    make.errors(one, 1)
    for address in ("/routes/", f"/routes/{one.pk}/"):
        first = viewer.get(address, headers={"HX-Request": "true"})
        assert first.status_code == 200
        assert b"<html" not in first.content
        seen = {"HX-Request": "true", "X-Fragment-Seen": first["X-Fragment"]}
        assert viewer.get(address, headers=seen).status_code == 204
    make.errors(one, 0, n=50)
    assert viewer.get(address, headers=seen).status_code == 200


def test_empty_states_say_what_to_do(viewer: Client) -> None:
    assert "No errors in this time" in viewer.get("/routes/").content.decode()
    assert "clear the filters" in viewer.get("/routes/?q=nothing").content.decode()
    assert viewer.get("/routes/999/").status_code == 404


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["/b", "/a", "/c"]),
        ("errors", ["/b", "/a", "/c"]),
        ("-errors", ["/c", "/a", "/b"]),
        ("route", ["/a", "/b", "/c"]),
        ("-route", ["/c", "/b", "/a"]),
        ("last", ["/a", "/b", "/c"]),
    ],
)
def test_sorting(viewer: Client, sort: str, order: list[str]) -> None:
    for route, n in (("/a", 2), ("/b", 3), ("/c", 1)):
        make.errors(make.series(route), 1, n=n)
    rows = viewer.get(f"/routes/?sort={sort}").context["rows"]
    assert [row.series.route for row, *_ in rows] == order


def burn(route: str, severity: int, back: int = 3) -> None:
    """An open alert of a rule of this route alone."""
    one = Series.objects.get(route=route)
    rule = make.rule(f"DET{route.replace('/', '-').upper()}", selector=selecting(route), group_by="prefix")
    make.alert(make.scope(rule, one.project_environment, route), back=back, severity=severity)


def selecting(route: str) -> dict[str, Any]:
    return {"sources": [{"source": "sentry"}], "route": route}


def test_what_burns_comes_first_and_is_marked(viewer: Client) -> None:
    for route, n in (("/a", 2), ("/b", 90), ("/c", 1), ("/d", 5)):
        make.errors(make.series(route), 1, 30, n=n)
    burn("/a", severity=2)
    burn("/c", severity=4)
    answer = viewer.get("/routes/?range=1h")
    assert [row.series.route for row, *_ in answer.context["rows"]] == ["/c", "/a", "/b", "/d"]
    assert [alert and alert.severity for *_, alert in answer.context["rows"]] == [4, 2, None, None]
    html = answer.content.decode()
    assert html.count('"spark-over" x=') == 2  # the minute within the window of each, not that of half an hour ago
    assert html.count('<span class="visually-hidden">alert of DET-') == 2
    assert next(row.series.route for row, *_ in viewer.get("/routes/?sort=errors").context["rows"]) == "/b"
    reverse_order = viewer.get("/routes/?sort=-burning").context["rows"]
    assert [row.series.route for row, *_ in reverse_order] == ["/d", "/b", "/a", "/c"]


def test_an_alert_that_opened_before_the_range_marks_all_of_it(viewer: Client) -> None:
    make.errors(make.series("/a"), 1, 10)
    burn("/a", severity=3, back=300)
    assert viewer.get("/routes/?range=15m").content.decode().count('"spark-over" x=') == 2


@pytest.mark.parametrize(("sort", "order"), [("project", ["/z", "/a", "/b"]), ("environment", ["/a", "/z", "/b"])])
def test_sorting_by_where(viewer: Client, sort: str, order: list[str]) -> None:
    make.errors(make.series("/a"), 1, n=3)
    make.errors(make.series("/b", env="staging"), 1, n=2)
    make.errors(make.series("/z", of=make.project("aardvark")), 1)
    rows = viewer.get(f"/routes/?sort={sort}").context["rows"]
    assert [row.series.route for row, *_ in rows] == order


def test_the_name_that_the_application_has_is_shown_and_found(viewer: Client) -> None:
    one, other = make.series("/orders/{id}"), make.series("/basket")
    Series.objects.filter(pk=one.pk).update(handler="orders.show")
    for each in (one, other):
        make.errors(each, 1)
    rows = viewer.get("/routes/?q=Orders.show").context["rows"]
    assert [row.series.pk for row, *_ in rows] == [one.pk]
    for address in ("/routes/", f"/routes/{one.pk}/"):
        assert "orders.show" in viewer.get(address).content.decode()


def test_pages_hold_every_route_once(viewer: Client) -> None:
    for number in range(53):
        make.errors(make.series(f"/r{number}"), 1, n=number % 2 + 1)
    first = viewer.get("/routes/?range=1h")
    assert "50 of 53" in " ".join(first.content.decode().split())
    assert "range=1h" in first.context["page"].next
    second = viewer.get(f"/routes/{first.context['page'].next}")
    routes = [row.series.route for row, *_ in [*first.context["rows"], *second.context["rows"]]]
    assert len(routes) == len(set(routes)) == 53


def test_what_was_not_understood_is_said(viewer: Client) -> None:
    html = viewer.get("/routes/?range=1y&project=shop").content.decode()
    assert "Time range “1y” was not understood and left out; there are: 15m, 1h," in html
    assert "Project “shop” is not among those here (there are none)." in html


def test_clearing_keeps_the_time(viewer: Client) -> None:
    assert 'href="?range=7d">Clear the filters</a>' in viewer.get("/routes/?range=7d&q=nothing").content.decode()
