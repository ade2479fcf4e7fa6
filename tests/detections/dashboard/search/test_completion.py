"""Completion of words in a search, and searches over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootstrap.systems.models import Environment, System
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib import clock
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db
ADDRESSES = ("/issues/", "/routes/", "/issues/{}/events/")
ODD = (
    "\0",
    "a\0:b",
    "😀",
    "😀:😀",
    "x" * 10_000,
    "(" * 900,
    '"',
    'a:"',
    "'",
    "[",
    "a:[",
    "\\",
    "a:\\",
    "%",
    "a:%_*\\",
    "*",
    "tags[]:x",
    "tags[a:x",
    "!!!",
    ":",
    "::",
    "id:0",
    f"{'9' * 32}",
    "first-seen:>99999-01-01",
    "first-seen:0000-01-01",
    "first-seen:>0001-01-01T00:00+14:00",
    "times-seen:>999999999999",
    "users:999999999999",
    "users:[1,999999999999]",
    "is:",
    "\u202e",
    "release:" + "y" * 900,
    " OR ",
    "a OR (b AND !c) OR d:e",
    "has:*",
    "has:tags[x]",
    "tags[😀]:😀",
    "environment:*",
    "project:*a*",
    'message:""',
    'browser:""',
    'tags[x]:""',
    "message:*",
    "route:*",
    "route:GET ",
    'route:"GET  "',
)


@pytest.fixture
def rows() -> int:
    """Something of everything that is suggested; the id of an issue."""
    issue, at = make.issue(), make.series("/checkout")
    tags = {"browser": "Safari 17", "type": "batch", "a b": "c"}
    make.event(issue, at, tags=tags, logger="shop.prices", platform="python", release="shop@2.1", transaction="pay")
    make.environment(issue.project, "staging")
    system = System.objects.create(slug="raptor", name="Raptor")
    Environment.objects.create(system=system, slug="prod", name="Production", aliases=["production"])
    EnvironmentRelease.objects.create(
        project_environment=at.project_environment, release="shop@2.1", first_seen=clock.now(), last_seen=clock.now()
    )
    return issue.pk


def words(client: Client, typed: str, domain: str = "issues") -> list[str]:
    answer = client.get(f"/search/{domain}/words/?word={quote(typed)}")
    assert answer.status_code == 200
    return [each["word"] for each in answer.json()["words"]]


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("lev", ["level:"]),
        ("!lev", ["!level:"]),
        ("(!lev", ["(!level:"]),
        ("bro", ["browser:"]),
        ("a b", ['tags["a b"]:']),
        ("level:", ["level:fatal", "level:error", "level:warning", "level:info", "level:debug"]),
        ("level:[error,fa", ["level:[error,fatal"]),
        ("level:[error, fa", ["level:[error, fatal"]),
        ("is:re", ["is:resolved", "is:regressed", "is:unresolved", "is:ignored"]),
        ("environment:", ["environment:prod", "environment:staging", "environment:production"]),
        ("env:stag", ["env:staging"]),
        ("project:", ["project:raptor"]),
        ("release:2.1", ["release:shop@2.1"]),
        ("route:che", ["route:/checkout"]),
        ("method:p", ["method:POST", "method:PUT", "method:PATCH"]),
        ("browser:", ['browser:"Safari 17"']),
        ("browser:saf", ['browser:"Safari 17"']),
        ('browser:"Saf', ['browser:"Safari 17"']),
        ("tags[type]:", ["tags[type]:batch"]),
        ("logger:", ["logger:shop.prices"]),
        ("platform:", ["platform:python"]),
        ("transaction:", ["transaction:pay"]),
        ("error.type:", ["error.type:ValueError"]),
        ("first-seen:-2", ["first-seen:-24h"]),
        ("users:", ["users:>1", "users:>10", "users:>100", "users:>1000"]),
        ("times-seen:>1", ["times-seen:>1", "times-seen:>10", "times-seen:>100", "times-seen:>1000"]),
        ("has:use", ["has:user"]),
        ("user.email:", []),
        ("nothing:", []),
    ],
)
def test_words(viewer: Client, rows: int, typed: str, suggested: list[str]) -> None:
    assert words(viewer, typed) == suggested


def test_each_list_has_its_own_keys(viewer: Client, rows: int) -> None:
    assert "is:" in words(viewer, "")
    assert "is:" not in words(viewer, "", "events")
    assert words(viewer, "", "routes") == [f"{key}:" for key in ("environment", "project", "route", "method")] + [
        "first-seen:",
        "last-seen:",
    ]
    assert words(viewer, "browser:", "routes") == []
    assert viewer.get("/search/alerts/words/").status_code == 404


def test_completion_asks_for_a_login(client: Client) -> None:
    assert client.get("/search/issues/words/").status_code == 302


@pytest.mark.parametrize("odd", ODD)
def test_odd_searches_are_answered(viewer: Client, rows: int, odd: str) -> None:
    for address in ADDRESSES:
        # the console refuses NUL in any address
        assert viewer.get(f"{address.format(rows)}?q={quote(odd)}").status_code == (400 if "\0" in odd else 200)
    assert viewer.get(f"/search/issues/words/?word={quote(odd)}").status_code == (400 if "\0" in odd else 200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(
        st.sampled_from(
            ["is:", "level:", "first-seen:", "tags[x]:", "browser:", "has:", "user:", "route:", "!", "(", ")", "OR"]
        )
        | st.sampled_from(["-1h", ">", "*", "[a,b]", '"', "resolved", "é", " ", "error", "\\"]),
        max_size=9,
    )
)
def test_no_search_is_an_error_of_ours(viewer: Client, rows: int, parts: list[str]) -> None:
    for address in ADDRESSES:
        assert viewer.get(address.format(rows), {"q": "".join(parts)}).status_code == 200


def test_events_of_an_issue_are_searched(viewer: Client) -> None:
    issue, at, staged = make.issue(), make.series(), make.series("/search", "GET", env="staging")
    old = make.event(issue, at, back=9, tags={"browser": "Safari"}, message="late tariff")
    new = make.event(issue, staged, back=1, tags={"browser": "Chrome"}, level="warning")

    def found(query: str) -> list[Any]:
        return list(viewer.get(f"/issues/{issue.pk}/events/", {"q": query}).context["rows"])

    assert found("") == [new, old]
    assert found("browser:Safari") == found("!browser:Chrome") == found("tariff") == found("environment:prod") == [old]
    assert found("level:warning") == found(new.event_id.hex) == found("route:/search") == found("method:get") == [new]
    assert found("timestamp:-5m") == [new]
    html = viewer.get(f"/issues/{issue.pk}/events/?q=is:resolved").content.decode()
    assert "“is”: is is not searched in events of an issue." in html
    assert "No event matches" in viewer.get(f"/issues/{issue.pk}/events/?q=kettle").content.decode()


def test_routes_are_searched(viewer: Client) -> None:
    one, two = make.series("/checkout"), make.series("/search", "GET", env="staging")
    for each in (one, two):
        make.errors(each, 1)

    def found(query: str) -> set[str]:
        return {row[0].series.route for row in viewer.get("/routes/", {"q": query}).context["rows"]}

    assert found("") == {"/checkout", "/search"}
    assert found("method:GET") == found("environment:staging") == found("!/checkout") == {"/search"}
    assert found("route:/check*") == found("POST /check") == found("check") == {"/checkout"}
    assert found("/check OR /sea") == {"/checkout", "/search"}
    assert found("last-seen:-1h") == {"/checkout", "/search"}
    html = viewer.get("/routes/?q=level:error").content.decode()
    assert "“level”: level is not searched in routes. There are: environment, project, route, method" in html


def test_the_page_says_since_when_events_are_looked_at(viewer: Client, rows: int) -> None:
    assert "Conditions on events look at those received since" in viewer.get("/issues/?q=browser:x").content.decode()
    assert "Conditions on events" not in viewer.get("/issues/?q=environment:prod").content.decode()


def test_a_search_of_events_takes_a_fixed_number_of_queries(
    viewer: Client, rows: int, django_assert_num_queries: Any
) -> None:
    make.issue(first_seen=clock.now() - timedelta(days=1))
    # session, person, two of rights, tags known, days of events, issues, hours, projects, environments
    with django_assert_num_queries(10):
        assert len(viewer.get("/issues/", {"q": 'browser:"Safari 17" is:unresolved'}).context["rows"]) == 1
    # other names of environments and those that sent instead of tags and days
    with django_assert_num_queries(9):
        viewer.get("/issues/", {"q": "environment:production is:unresolved"})
