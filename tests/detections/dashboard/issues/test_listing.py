"""The list of issues: sorts, pages, remarks, and deciding about several at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from detections.telemetry.issues.log import IssueLog
from detections.telemetry.models import Issue
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
