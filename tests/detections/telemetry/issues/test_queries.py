"""Reads of issues and of their stored events."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detections.telemetry import partitions
from detections.telemetry.issues import queries, triage, words
from detections.telemetry.issues.models import IssueText
from detections.telemetry.models import Issue
from opsconsole.accounts.models import User
from tests.detections.dashboard import builders as make
from tests.detections.dashboard.builders import MOMENT
from tests.detections.dashboard.conftest import one_moment

pytestmark = pytest.mark.django_db

__all__ = ["one_moment"]  # an autouse fixture


def test_hours_and_places() -> None:
    issue, at = make.issue(), make.series()
    make.seen(issue, at.project_environment, n=3, back=1)
    make.seen(issue, at.project_environment, n=2, back=0)
    make.seen(issue, make.environment(issue.project, "staging"), n=9, back=1)
    end = make.floor_hour(make.now()) + timedelta(hours=1)
    assert queries.hours([issue.pk], end - timedelta(hours=3), end) == {issue.pk: [0, 12, 2]}
    assert [(each.project_environment.name, each.events) for each in queries.environments_of(issue)] == [
        ("staging", 9),
        ("prod", 5),
    ]


def test_seen_in_finds_by_environment() -> None:
    here, there = make.issue(), make.issue(title="KeyError: x")
    make.seen(here, make.environment(here.project))
    make.seen(there, make.environment(here.project, "staging"))
    assert list(queries.seen_in(queries.issues(), "staging")) == [there]


def test_events_newest_first_with_neighbours_also_within_one_moment() -> None:
    issue, at = make.issue(), make.series()
    events = [make.event(issue, at, back=back) for back in (5, 3, 3, 1)]
    assert list(queries.stored(issue)) == events[::-1]
    assert queries.event_of(issue) == events[3]
    assert queries.event_of(issue, events[0].event_id) == events[0]
    around = queries.neighbours(issue, events[1])
    assert (around.older, around.newer) == (events[0], events[2])
    assert queries.neighbours(issue, events[0]).older is None
    assert queries.neighbours(issue, events[3]).newer is None


def test_an_event_of_another_issue_is_not_found() -> None:
    at = make.series()
    other = make.event(make.issue(title="KeyError: x"), at)
    assert queries.event_of(make.issue(), other.event_id) is None


def test_tags_are_shared_out_over_the_newest_events() -> None:
    issue, at = make.issue(), make.series()
    for back, browser in enumerate(["Chrome", "Chrome", "Safari"]):
        make.event(issue, at, back=back, tags={"browser": browser, **({"rare": "1"} if back == 0 else {})})
    shares, sample = queries.tag_shares(issue)
    assert sample == 3
    assert shares == [
        queries.TagShare("browser", 3, [("Chrome", 2), ("Safari", 1)]),
        queries.TagShare("rare", 1, [("1", 1)]),
    ]


def test_status_changes_once_and_takes_the_issue_off_triage() -> None:
    issue = make.issue()
    ada = User.objects.create_user("ada")
    assert triage.set_status(issue.pk, Issue.Status.RESOLVED, ada, MOMENT)
    assert not triage.set_status(issue.pk, Issue.Status.RESOLVED, ada, MOMENT)
    issue.refresh_from_db()
    assert (issue.status, issue.needs_triage) == ("resolved", False)
    assert list(issue.log.values_list("at", "actor", "actor_name", "old", "new")) == [
        (MOMENT, ada.pk, "ada", "unresolved", "resolved")
    ]


def test_in_a_flood_the_newest_event_with_a_body_is_opened() -> None:
    issue, at = make.issue(), make.series()
    whole = make.event(issue, at, back=3, body={"level": "error"})
    bare = [make.event(issue, at, back=back, body=None) for back in (5, 1)]

    assert queries.event_of(issue) == whole
    assert queries.event_of(issue, bare[1].event_id) == bare[1]
    assert queries.stored_counts(issue) == queries.StoredCounts(events=3, bodies=1)


def test_without_any_body_the_newest_event_is_opened() -> None:
    issue, at = make.issue(), make.series()
    bare = [make.event(issue, at, back=back, body=None) for back in (5, 1)]

    assert queries.event_of(issue) == bare[1]


def test_only_the_days_between_an_issues_first_and_last_event_are_read() -> None:
    issue, at = make.issue(), make.series()
    make.event(issue, at)
    days = [issue.first_seen + timedelta(days=n) for n in range(-60, 1)]
    partitions.ensure(partitions.EVENTS, days)

    plan = queries.stored(issue).explain()

    assert partitions.name_of(partitions.EVENTS, days[-1].date()) in plan
    assert partitions.name_of(partitions.EVENTS, days[0].date()) not in plan


def told(issue: Issue, *texts: str) -> None:
    IssueText.objects.create(issue=issue, words=words.vector(*texts))


@pytest.mark.parametrize(
    "text",
    [
        *("price", "no price", "valueerror", "alueErr", "shop.prices", "->|no", '"no price" total', ""),
        *("ConnectionError", "connection", "db.away", "away", "awa", "db aw", '"db is"', "price away", "api/orders"),
        "\0price\0",
    ],
)
def test_words_are_found_in_what_is_shown_and_in_later_events(text: str) -> None:
    issue = make.issue(title="ValueError: ->|no price")
    told(issue, "ConnectionError", "db.away: db is away", "/api/orders/{id}")
    other = make.issue(title="KeyError: x", culprit="")
    found = list(Issue.objects.filter(queries.with_text(text)).order_by("pk"))
    assert found == [issue, *([] if text else [other])]


@pytest.mark.parametrize("text", ["way", "aw db", '"is db"', '"awa"', "price kettle", "???", "connectionerror.db", "%"])
def test_words_that_no_event_had_are_not_found(text: str) -> None:
    issue = make.issue()
    told(issue, "ConnectionError", "db.away: db is away")
    assert not Issue.objects.filter(queries.with_text(text)).exists()


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_people_type_breaks_the_query(text: str) -> None:
    assert not Issue.objects.filter(queries.with_text(text)).exists()


def test_an_issue_is_found_by_the_id_of_an_event() -> None:
    issue, at = make.issue(), make.series()
    event = make.event(issue, at)
    make.event(make.issue(title="KeyError: x"), at)
    for written in (str(event.event_id), event.event_id.hex, event.event_id.hex.upper()):
        assert list(Issue.objects.filter(queries.of_event(written))) == [issue]
    for odd in ("", "x", event.event_id.hex[:31], "\0", str(uuid4())):
        assert not Issue.objects.filter(queries.of_event(odd)).exists()
