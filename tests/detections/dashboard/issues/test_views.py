"""The list of issues and the pages of one issue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from detections.telemetry.models import Issue
from tests.detections.dashboard import builders as make
from tests.markup import folded

pytestmark = pytest.mark.django_db

BODY = {
    "level": "error",
    "exception": [
        {
            "type": "ValueError",
            "value": "no <b>price</b>",
            "frames": [
                {"function": "handler", "filename": "django/core.py", "lineno": 1, "in_app": False},
                {
                    "function": "total",
                    "filename": "shop/prices.py",
                    "lineno": 41,
                    "in_app": True,
                    "context_line": "    return float(price)",
                    "vars": {"price": "None"},
                },
            ],
        }
    ],
    "breadcrumbs": [{"timestamp": "2026-06-12T12:00:01.250Z", "category": "query", "message": "SELECT price"}],
    "request": {"method": "POST", "url": "https://shop/checkout", "headers": {"Host": "shop"}},
    "user": {"id": "u1"},
    "tags": {"component": "cart"},
    "sdk": {"name": "sentry.python", "version": "2.75.0"},
}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("issue_list", []),
        ("issue", [1]),
        ("issue_events", [1]),
        ("issue_event", [1, uuid4()]),
        ("issue_raw", [1, uuid4()]),
    ],
)
def test_it_asks_for_a_login(client: Client, name: str, args: list[Any]) -> None:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def titles(client: Client, query: str) -> list[str]:
    return [row.issue.title for row in client.get(f"/issues/?q={query}").context["rows"]]


def test_the_list_shows_unresolved_issues_unless_told(viewer: Client) -> None:
    make.issue(title="A: open")
    make.issue(title="B: done", status=Issue.Status.RESOLVED)
    assert [row.issue.title for row in viewer.get("/issues/").context["rows"]] == ["A: open"]
    assert titles(viewer, "is:resolved") == ["B: done"]
    assert sorted(titles(viewer, "")) == ["A: open", "B: done"]


def test_search_and_filters(viewer: Client) -> None:
    ours = make.issue(title="ValueError: no price", last_release="shop@2")
    theirs = make.issue(make.project("other"), title="KeyError: kettle", level="fatal", needs_triage=False)
    make.seen(theirs, make.environment(theirs.project, "staging"))
    make.released(ours, make.environment(ours.project), "shop@2")
    assert titles(viewer, '"no price"') == [ours.title]
    assert titles(viewer, "project:other") == [theirs.title]
    assert titles(viewer, "level:fatal") == [theirs.title]
    assert titles(viewer, "environment:staging") == [theirs.title]
    assert titles(viewer, "type:valueerror") == [ours.title]
    assert titles(viewer, "release:shop@2") == [ours.title]
    assert titles(viewer, "is:triage") == [ours.title]
    assert titles(viewer, "kettle project:raptor") == []
    assert "is:odd" in viewer.get("/issues/?q=is:odd").content.decode()


@pytest.mark.parametrize(("sort", "first"), [("events", "B: many"), ("users", "A: people"), ("nonsense", "B: many")])
def test_sorting(viewer: Client, sort: str, first: str) -> None:
    make.issue(title="A: people", users=9, events=1)
    make.issue(title="B: many", users=0, events=9)
    assert viewer.get(f"/issues/?sort={sort}").context["rows"][0].issue.title == first


def test_the_list_takes_eight_queries(viewer: Client, django_assert_num_queries: Any) -> None:
    for n in range(4):
        make.issue(title=f"E: {n}")
    with django_assert_num_queries(8):  # session, person, two of rights, issues, hours, projects, environments
        viewer.get("/issues/")


def test_the_issue_page_shows_its_newest_event(viewer: Client) -> None:
    issue, at = make.issue(grouping={"algorithm": "in-app stack"}), make.series()
    make.event(issue, at, back=9, body=BODY)
    newest = make.event(issue, at, back=1, body=BODY, tags={"component": "cart"})
    html = viewer.get(f"/issues/{issue.pk}/").content.decode()
    assert newest.event_id.hex in html
    assert "return float(price)" in html
    assert "1 frame of libraries" in html
    assert "no &lt;b&gt;price&lt;/b&gt;" in html
    assert "<b>price" not in html
    assert "SELECT price" in html
    assert "POST https://shop/checkout" in html
    assert "in-app stack" in html
    assert "style=" not in html


def test_the_issue_page_takes_a_fixed_number_of_queries(viewer: Client, django_assert_num_queries: Any) -> None:
    issue, at = make.issue(), make.series()
    for back in range(4):
        make.event(issue, at, back=back, body=BODY)
    # session, person, two of rights, issue, event, hours, tags, places, stored, log, event before, event after
    with django_assert_num_queries(13):
        viewer.get(f"/issues/{issue.pk}/")


def test_older_and_newer_events_are_linked(viewer: Client) -> None:
    issue, at = make.issue(), make.series()
    old, middle, new = [make.event(issue, at, back=back, body=BODY) for back in (9, 5, 1)]
    html = viewer.get(reverse("issue_event", args=[issue.pk, middle.event_id])).content.decode()
    for each in (old, new):
        assert reverse("issue_event", args=[issue.pk, each.event_id]) in html


def test_a_resolved_issue_that_came_back_says_so_and_users_beyond_the_limit_are_a_lower_bound(viewer: Client) -> None:
    issue = make.issue(regressed_at=make.minute(3), users=10_000)
    html = viewer.get(f"/issues/{issue.pk}/").content.decode()
    assert "Regressed" in html
    assert "10,000+" in html
    assert "Regressed" in viewer.get("/issues/").content.decode()


def test_an_event_whose_body_was_not_kept_says_so(viewer: Client) -> None:
    issue = make.issue()
    make.event(issue, make.series())
    assert "was not kept" in viewer.get(f"/issues/{issue.pk}/").content.decode()


def test_an_event_whose_body_is_broken_says_so(viewer: Client) -> None:
    issue = make.issue()
    event = make.event(issue, make.series(), body=BODY)
    type(event).objects.filter(pk=event.pk).update(body=b"broken")
    assert "cannot be read" in viewer.get(f"/issues/{issue.pk}/").content.decode()


def test_an_issue_without_stored_events_still_opens(viewer: Client) -> None:
    issue = make.issue(events=40)
    html = viewer.get(f"/issues/{issue.pk}/").content.decode()
    assert "No event of this issue is stored any more" in html


def test_events_are_listed_in_pages(viewer: Client) -> None:
    issue, at = make.issue(), make.series()
    for back in range(53):
        make.event(issue, at, back=back)
    first = viewer.get(f"/issues/{issue.pk}/events/")
    assert "of 53" in first.content.decode()
    assert len(viewer.get(f"/issues/{issue.pk}/events/{first.context['page'].next}").context["rows"]) == 3


def test_the_raw_event_is_a_download(viewer: Client) -> None:
    issue = make.issue()
    event = make.event(issue, make.series(), body=BODY)
    answer = viewer.get(reverse("issue_raw", args=[issue.pk, event.event_id]))
    assert answer.json() == BODY
    assert answer["Content-Disposition"] == f'attachment; filename="{event.event_id.hex}.json"'


@pytest.mark.parametrize("name", ["issue_event", "issue_raw"])
def test_an_event_of_another_issue_is_not_shown(viewer: Client, name: str) -> None:
    event = make.event(make.issue(title="A: x"), make.series(), body=BODY)
    other = make.issue(title="B: y")
    assert viewer.get(reverse(name, args=[other.pk, event.event_id])).status_code == 404


def test_resolving_needs_the_right_and_is_said(admin: Client, viewer: Client) -> None:
    issue = make.issue()
    address = reverse("issue_status", args=[issue.pk])
    assert viewer.post(address, {"status": "resolved"}).status_code == 403
    assert 'value="resolved"' not in viewer.get(f"/issues/{issue.pk}/").content.decode()
    answer = admin.post(address, {"status": "resolved"})
    assert (answer.status_code, answer["Location"]) == (303, f"/issues/{issue.pk}/")
    html = admin.get(f"/issues/{issue.pk}/").content.decode()
    assert "The issue is resolved now." in html
    assert f"by {issue.log.get().actor_name}" in html
    assert "Reopen" in html
    assert admin.post(address, {"status": "odd"}).status_code == 422
    assert admin.get(address).status_code == 405


def test_polling_the_list_answers_204_while_nothing_changes(viewer: Client) -> None:
    make.issue()
    first = viewer.get("/issues/", headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    seen = {"HX-Request": "true", "X-Fragment-Seen": first["X-Fragment"]}
    assert viewer.get("/issues/", headers=seen).status_code == 204
    make.issue(title="New: one")
    assert viewer.get("/issues/", headers=seen).status_code == 200


def test_an_environment_scopes_the_figures_of_the_list_and_of_the_page(viewer: Client) -> None:
    issue, at = make.issue(events=5, users=3), make.series()
    make.seen(issue, at.project_environment, n=4, back=5, users=2)
    make.seen(issue, make.environment(issue.project, "beta"), n=1, users=1)
    theirs = make.event(issue, make.series(env="beta"), body=BODY)
    ours = make.event(issue, at, back=300, body=BODY)
    for address in ("?q=environment:prod", "?environment=prod"):
        answer = viewer.get(f"/issues/{address}")
        (row,) = answer.context["rows"]
        assert (row.issue.figure_events, row.users) == (4, "2")
        assert row.issue.figure_last == make.floor_hour(make.now()) - timedelta(hours=5)
        assert "are of events in prod only" in folded(answer.content.decode())
        assert f'href="/issues/{issue.pk}/?environment=prod"' in answer.content.decode()
    assert "figures-of" not in viewer.get("/issues/").content.decode()

    html = folded(viewer.get(f"/issues/{issue.pk}/?environment=prod").content.decode())
    assert "Figures and events in prod only" in html
    assert ours.event_id.hex in html
    assert "1 of 4 events in prod is kept" in html
    assert f'href="/issues/{issue.pk}/events/?environment=prod"' in html
    rows = viewer.get(f"/issues/{issue.pk}/events/?environment=prod").context
    assert (list(rows["rows"]), rows["listing"].remarks) == ([ours], [])
    html = folded(viewer.get(f"/issues/{issue.pk}/?environment=qa").content.decode())
    assert "This issue has no events in qa: figures and events are those of all." in html
    assert theirs.event_id.hex in html


@pytest.mark.parametrize("sort", ["last", "first", "events", "users"])
def test_the_list_is_sorted_by_what_it_shows(viewer: Client, sort: str) -> None:
    for number in range(60):
        past = make.minute(number)
        issue = make.issue(title=f"E: {number:02}", events=number, users=number, first_seen=past, last_seen=past)
        make.seen(issue, make.environment(issue.project), n=number + 1, back=60 - number, users=number)
    Issue.objects.update(events=7, users=7)
    answer = viewer.get(f"/issues/?environment=prod&sort={sort}")
    shown = [row.issue.title for row in answer.context["rows"]]
    shown += titles_at(viewer, f"/issues/{answer.context['page'].next}")
    assert shown == [f"E: {number:02}" for number in reversed(range(60))]


def titles_at(client: Client, address: str) -> list[str]:
    return [row.issue.title for row in client.get(address).context["rows"]]
