"""The list of issues: sorts, pages, remarks, and deciding about several at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from detections.dashboard.issues import listing
from detections.telemetry.issues import scope
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease, IssueUser
from detections.telemetry.models import Issue
from detections.telemetry.search import known
from tests.detections.dashboard import builders as make
from tests.markup import folded

pytestmark = pytest.mark.django_db
SORTS = ["last", "-last", "first", "-first", "events", "-events", "users", "-users"]


def titles(client: Client, address: str) -> list[str]:
    return [row.issue.title for row in client.get(address).context["rows"]]


def send(client: Client, act: str, *issues: Issue, **more: Any) -> Any:
    rows = [f"{issue.pk}:{issue.status}" for issue in issues]
    return client.post("/issues/bulk/", {"act": act, "row": rows, "next": "/issues/?q=", **more})


def messages(client: Client) -> list[str]:
    return [str(message) for message in client.get("/issues/").context["messages"]]


@pytest.mark.parametrize("sort", SORTS)
def test_each_sort_from_both_ends(viewer: Client, sort: str) -> None:
    for number, name in enumerate("ABC"):
        at = make.minute(9 - number)
        make.issue(title=f"{name}: x", events=number, users=number, last_seen=at, first_seen=at)
    wanted = ["A: x", "B: x", "C: x"] if sort.startswith("-") else ["C: x", "B: x", "A: x"]
    assert titles(viewer, f"/issues/?sort={sort}") == wanted


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_every_issue_once_in_a_fixed_number_of_queries(
    viewer: Client, sort: str, django_assert_num_queries: Any
) -> None:
    for number in range(103):
        make.issue(title=f"E: {number}", events=number % 2, users=number % 3)
    seen, address = [], f"?sort={sort}"
    for _ in range(3):
        # session, person, two of rights, issues, their number, hours, projects, environments
        with django_assert_num_queries(9):
            answer = viewer.get(f"/issues/{address}")
        assert "of 103" in " ".join(answer.content.decode().split())
        seen += [row.issue.title for row in answer.context["rows"]]
        address = answer.context["page"].next
    assert address == ""
    assert len(seen) == len(set(seen)) == 103


def test_the_search_says_what_it_did_not_understand(viewer: Client) -> None:
    make.issue(title="E: some text")
    make.issue(title="E: other")
    answer = viewer.get("/issues/?q=is:odd+text")
    html = answer.content.decode()
    assert "“is:odd”: is has no “odd”. There are: unresolved, resolved, ignored, triage, regressed" in html
    assert "What was not understood was left out." in html
    assert [row.issue.title for row in answer.context["rows"]] == ["E: some text"]
    answer = viewer.get("/issues/?q=(text")
    assert "A parenthesis is opened and not closed" in answer.content.decode()
    assert "Nothing is shown until the search is understood." in answer.content.decode()
    assert answer.context["rows"] == []
    html = viewer.get("/issues/", {"q": '"some text'}).content.decode()
    assert "A quotation mark is opened and not closed: “some text” was read as one phrase." in html
    assert "What was not understood" not in html
    html = viewer.get("/issues/?q=project:raptor&project=other").content.decode()
    assert "Project is in the search (“raptor”) and chosen; the search counts." in html


@pytest.mark.parametrize("address", ["/issues/", "/issues/{}/events/", "/routes/"])
def test_the_help_of_a_search_lists_every_key(viewer: Client, address: str) -> None:
    answer = viewer.get(address.format(make.issue().pk))
    html = answer.content.decode()
    keys = answer.context["listing"].filters.search_keys
    assert len(keys) > 5
    for key in keys:
        assert f"<code>{key.name}</code>" in html
        assert f"<code>{escape(key.example)}</code>" in html
    help_text = folded(html.partition('id="search-help">')[2].partition("</details>")[0])
    assert not re.search(r"</code>[^\w\s<]", help_text)  # what stands behind a word to type would be typed too


def test_empty_lists_say_why(viewer: Client) -> None:
    make.environment(make.project())  # something was received once
    assert "No unresolved issue" in viewer.get("/issues/").content.decode()
    assert "No issues yet" in viewer.get("/issues/?q=").content.decode()
    html = viewer.get("/issues/?q=kettle").content.decode()
    assert "No issue matches" in html
    assert 'href="/issues/">Clear the filters</a>' in html


@pytest.mark.parametrize("act", ["resolved", "unresolved"])
def test_several_get_their_status_at_once(admin: Client, act: str) -> None:
    before = {"resolved": "unresolved", "unresolved": "resolved"}[act]
    issues = [make.issue(title=f"E: {number}", status=before) for number in range(3)]
    answer = send(admin, act, *issues[:2])
    assert (answer.status_code, answer["Location"]) == (303, "/issues/?q=")
    assert [each.status for each in Issue.objects.order_by("pk")] == [act, act, before]
    assert list(IssueLog.objects.values_list("new", flat=True)) == [act, act]
    assert messages(admin)[0].endswith(": 2 issues done.")


def test_ignoring_several_is_asked_about_first(admin: Client) -> None:
    issues = [make.issue(title=f"E: <{number}>") for number in range(2)]
    question = send(admin, "ignored", *issues)
    html = question.content.decode()
    assert question.status_code == 200
    assert "Ignore 2 issues?" in html
    assert "E: &lt;1&gt;" in html
    assert 'href="/issues/?q=">Cancel</a>' in html
    assert not Issue.objects.filter(status="ignored").exists()
    assert send(admin, "ignored", *issues, confirmed="1").status_code == 303
    assert Issue.objects.filter(status="ignored").count() == 2


def test_an_issue_whose_status_is_not_the_one_that_was_seen_is_left_as_it_is(admin: Client) -> None:
    mine, theirs, same = [make.issue(title=f"E: {number}") for number in range(3)]
    Issue.objects.filter(pk=theirs.pk).update(status="ignored")
    Issue.objects.filter(pk=same.pk).update(status="resolved")
    send(admin, "resolved", mine, theirs, same)
    assert messages(admin) == [
        "Resolve: 1 issue done.",
        "Resolve: 2 issues refused. E: 1: it changed since you saw it and is ignored now; E: 2: it is resolved already",
    ]
    assert dict(Issue.objects.values_list("title", "status")) == {
        "E: 0": "resolved",
        "E: 1": "ignored",
        "E: 2": "resolved",
    }


def test_deciding_needs_the_right(viewer: Client) -> None:
    issue = make.issue()
    assert "/issues/bulk/" not in viewer.get("/issues/").content.decode()
    assert send(viewer, "resolved", issue).status_code == 403
    assert viewer.get("/issues/bulk/").status_code == 405
    issue.refresh_from_db()
    assert issue.status == "unresolved"


def test_events_of_an_issue_are_paged_from_both_ends(viewer: Client) -> None:
    issue, at = make.issue(), make.series()
    events = [make.event(issue, at, back=back) for back in range(53)]
    first = viewer.get(f"/issues/{issue.pk}/events/")
    second = viewer.get(f"/issues/{issue.pk}/events/{first.context['page'].next}")
    assert [*first.context["rows"], *second.context["rows"]] == events
    oldest = viewer.get(f"/issues/{issue.pk}/events/?sort=-newest").context["rows"]
    assert oldest[0] == events[-1]


def everywhere(issue: Issue, release: str = "", **in_environments: int) -> None:
    """Figures by environment: as many events and users there."""
    for name, number in in_environments.items():
        where = make.environment(issue.project, name)
        times = {"first_seen": make.minute(9), "last_seen": make.minute(number)}
        seen = {"project_environment": where, "events": number, **times}
        IssueEnvironment.objects.create(issue=issue, users=number, **seen)
        if release:
            IssueRelease.objects.create(issue=issue, release=release, **seen)
        IssueUser.objects.bulk_create(
            IssueUser(issue=issue, project_environment=where, user_hash=user) for user in range(number)
        )


@pytest.mark.parametrize(
    ("search", "events", "users"),
    [
        ("environment:prod", [5, 4, 0], [5, 4, 0]),
        ("environment:[prod, qa]", [8, 6, 0], [5, 4, 0]),
        ("release:2", [8, 6, 0], [0, 0, 0]),
        ("release:2 environment:prod", [5, 4, 0], [0, 0, 0]),
        ("release:2 environment:[prod, qa]", [8, 6, 0], [0, 0, 0]),
    ],
)
def test_each_sort_of_figures_in_a_scope(viewer: Client, search: str, events: list[int], users: list[int]) -> None:
    for title, figures in (("A: x", {"prod": 5, "qa": 3}), ("B: x", {"prod": 4, "qa": 2}), ("C: x", {"prod": 0})):
        everywhere(make.issue(title=title, events=20, users=9), "2", **figures)
    everywhere(make.issue(title="D: x"), "3", dev=9)
    for sort in SORTS:
        found = viewer.get("/issues/", {"q": search, "sort": sort}).context["rows"]
        names = [row.issue.title[0] for row in found]
        if sort.removeprefix("-") in ("events", "users") and (sort.endswith("events") or users[0]):
            assert names == (["C", "B", "A"] if sort.startswith("-") else ["A", "B", "C"])
        assert {row.issue.title[0]: row.issue.figure_events for row in found} == dict(zip("ABC", events, strict=True))
        assert {row.issue.title[0]: row.issue.figure_users for row in found} == dict(zip("ABC", users, strict=True))


@pytest.mark.parametrize(("search", "queries"), [("environment:prod", 12), ("environment:[prod, qa]", 12)])
@pytest.mark.parametrize("sort", ["last", "-events", "users", "-users"])
def test_pages_of_a_scope_hold_every_issue_once(
    viewer: Client, sort: str, search: str, queries: int, django_assert_num_queries: Any
) -> None:
    for number in range(103):
        everywhere(make.issue(title=f"E: {number}"), prod=number % 2, qa=number % 3)
    everywhere(make.issue(title="E: elsewhere"), dev=1)
    seen, address = [], f"/issues/?q={search}&sort={sort}"
    while address:
        # as without a scope, and the environments of the search with their other names, and the page's keys
        counted = sort.endswith("users") and "qa" in search
        with django_assert_num_queries(queries + counted):
            answer = viewer.get(address)
        assert "of 103" in " ".join(answer.content.decode().split())
        seen += [row.issue.title for row in answer.context["rows"]]
        address = answer.context["page"].next and f"/issues/{answer.context['page'].next}"
    assert len(seen) == len(set(seen)) == 103


def test_issues_whose_users_are_counted_are_bounded_and_the_page_says_so(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 2)
    monkeypatch.setattr(scope, "MOST_COUNTED", 2)
    for number, name in enumerate("ABC"):
        everywhere(make.issue(title=f"{name}: x", users=9), prod=number, qa=number + 1)
    answer = viewer.get("/issues/?q=environment:[prod, qa]&sort=users")
    assert [row.issue.title[0] for row in answer.context["rows"]] == ["C", "B"]
    assert "sorted are the 2 issues that can have most." in folded(answer.content.decode())
    answer = viewer.get("/issues/?q=environment:[prod, qa]&sort=-users")
    assert [row.issue.title[0] for row in answer.context["rows"]] == ["A", "B"]
    assert "sorted are the 2 issues that can have fewest." in folded(answer.content.decode())


def test_alternatives_with_events_are_one_list(viewer: Client) -> None:
    at = make.series("/checkout")
    for number in range(120):
        issue = make.issue(title=f"E: {number}", last_seen=make.minute(number))
        make.event(issue, at, tags={"browser": "Safari" if number % 2 else "Opera", "third": str(number % 3 == 0)})
    address, seen = "/issues/?q=browser:Safari OR third:True", []
    while address:
        answer = viewer.get(address)
        assert "of 80" in " ".join(answer.content.decode().split())
        seen += [row.issue.title for row in answer.context["rows"]]
        address = answer.context["page"].next and f"/issues/{answer.context['page'].next}"
    assert seen == [f"E: {number}" for number in range(120) if number % 2 or number % 3 == 0]


@pytest.mark.parametrize("search", ["environment:prod OR is:odd", "level:error (environment:prod OR is:odd)"])
def test_the_environment_counts_where_its_alternative_is_not_understood(viewer: Client, search: str) -> None:
    everywhere(make.issue(title="E: there"), prod=1)
    everywhere(make.issue(title="E: elsewhere"), qa=1)
    assert titles(viewer, f"/issues/?q={search}") == ["E: there"]


def test_parts_of_words_are_looked_for_in_the_newest_issues(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST_READ", 2)
    for number in range(3):
        make.issue(title=f"E: reprinted {number}", last_seen=make.minute(number))
    answer = viewer.get("/issues/?q=print")
    assert [row.issue.title for row in answer.context["rows"]] == ["E: reprinted 0", "E: reprinted 1"]
    assert "Parts of words are looked for in the 2 issues seen last; words in all." in folded(answer.content.decode())
