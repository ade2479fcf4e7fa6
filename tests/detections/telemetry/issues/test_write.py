"""What a batch of events changes of issues: status and log, times, texts, figures by environment and release."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detections.ingest.digest import digest_batch
from detections.telemetry.issues import figures, triage
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease, IssueText, IssueUser
from detections.telemetry.issues.queries import with_text
from detections.telemetry.models import Issue
from detections.telemetry.releases import keep
from opsconsole.accounts.models import User
from tests.detections.builders import NOON, arrive, envelope, event, inbox, project

pytestmark = pytest.mark.django_db


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def digest(*minutes: int, **fields: Any) -> None:
    """One batch: an event that occurred so many minutes after noon each, sent and received an hour after it."""
    for n in minutes:
        body = envelope(("event", event(timestamp=at(n).isoformat(), **fields)), sent_at=at(60).isoformat())
        inbox(project(), body, received_at=at(60))
    digest_batch(at(60))


def decide(status: Issue.Status, minutes: int) -> None:
    by = User.objects.get_or_create(username="ada")[0]
    triage.set_status(Issue.objects.get().pk, status, by, at(minutes))


def logged() -> list[tuple[str, datetime]]:
    return list(Issue.objects.get().log.order_by("id").values_list("new", "at"))


@pytest.mark.parametrize("batches", [[(-50, -9, 9)], [(-50,), (9,), (-9,)], [(10,)]])
def test_what_occurred_before_an_issue_was_resolved_does_not_reopen_it(batches: list[tuple[int, ...]]) -> None:
    digest(0)
    decide(Issue.Status.RESOLVED, 10)
    for minutes in batches:
        digest(*minutes)
    issue = Issue.objects.get()
    assert (issue.status, issue.regressed_at) == ("resolved", None)
    assert logged() == [("resolved", at(10))]
    assert issue.events == 1 + sum(map(len, batches))
    assert issue.first_seen == min(NOON, *(at(n) for minutes in batches for n in minutes))


def test_an_issue_comes_back_when_it_first_occurred_after_it_was_resolved() -> None:
    digest(0)
    decide(Issue.Status.RESOLVED, 10)
    digest(30, 5, 20)
    issue = Issue.objects.get()
    assert (issue.status, issue.regressed_at, issue.last_seen) == ("unresolved", at(20), at(30))
    assert logged() == [("resolved", at(10)), ("unresolved", at(20))]
    decide(Issue.Status.RESOLVED, 40)
    digest(35)
    assert Issue.objects.get().status == "resolved"


def test_an_ignored_issue_stays_so() -> None:
    digest(0)
    decide(Issue.Status.IGNORED, 10)
    digest(30)
    assert Issue.objects.get().status == "ignored"


STEPS = st.lists(st.one_of(st.sampled_from(Issue.Status), st.lists(st.integers(-90, 59), min_size=1, max_size=3)))


@given(STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_a_log_never_runs_backwards(steps: list[Issue.Status | list[int]]) -> None:
    Issue.objects.all().delete()
    digest(0)
    for minute, step in enumerate(steps, start=1):
        if isinstance(step, list):
            digest(*step)
        else:
            decide(step, minute)
    rows = list(Issue.objects.get().log.order_by("id").values_list("at", "old", "new"))
    assert all(earlier[0] <= later[0] and earlier[2] == later[1] for earlier, later in pairwise(rows))


def test_title_and_release_are_those_of_the_newest_event_whatever_comes_late() -> None:
    def told(value: str, release: str, *minutes: int) -> None:
        values = [{"type": "ValueError", "value": value}]
        digest(*minutes, exception={"values": values}, fingerprint=["x"], release=release, level="error")

    told("second", "2", 10)
    told("third", "3", 20)
    told("first", "1", 5)
    issue = Issue.objects.get()
    assert (issue.title, issue.value) == ("ValueError: third", "third")
    assert (issue.first_release, issue.last_release) == ("1", "3")
    digest(30, exception={}, message="fourth", fingerprint=["x"], level="fatal")
    issue.refresh_from_db()
    assert (issue.title, issue.exception_type, issue.level, issue.last_release) == ("fourth", "", "fatal", "3")


def test_figures_of_an_environment_are_those_of_its_events() -> None:
    digest(-300, -240, environment="alpha", user={"id": 1})
    digest(-270, environment="alpha", user={"id": 2}, release="1")
    digest(0, environment="beta", user={"id": 2}, release="1")
    rows = IssueEnvironment.objects.order_by("pk")
    assert list(rows.values_list("project_environment__name", "events", "users", "first_seen", "last_seen")) == [
        ("alpha", 3, 2, at(-300), at(-240)),
        ("beta", 1, 1, at(0), at(0)),
    ]
    issue = Issue.objects.get()
    assert (issue.events, issue.users) == (4, 2)
    releases = IssueRelease.objects.order_by("pk")
    assert list(releases.values_list("project_environment__name", "release", "events", "first_seen", "last_seen")) == [
        ("alpha", "1", 1, at(-270), at(-270)),
        ("beta", "1", 1, at(0), at(0)),
    ]


def test_a_user_of_two_environments_in_one_batch_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(project(), *(event(environment=name, user={"id": 1}) for name in ("alpha", "beta")))
    digest_batch(NOON)
    assert list(IssueEnvironment.objects.values_list("users", flat=True)) == [1, 1]
    assert Issue.objects.get().users == 1


def test_an_environment_with_many_users_hides_none_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MAX_USERS", 3)
    for name in ("alpha", "alpha", "beta"):
        digest(*range(3), environment=name)  # without a user
        arrive(project(), *(event(environment=name, user={"id": n}) for n in range(5)), at=at(60))
        digest_batch(at(60))
    users = dict(IssueEnvironment.objects.values_list("project_environment__name", "users"))
    assert users == {"alpha": 5, "beta": 5}
    assert (Issue.objects.get().users, IssueUser.objects.count()) == (5, 10)


def test_releases_that_somebody_makes_up_have_no_figures_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MAX_NEW", 2)
    arrive(project(), *(event(release=f"r{n}") for n in range(5)))
    digest_batch(NOON)
    assert sorted(IssueRelease.objects.values_list("release", "events")) == [("(other)", 3), ("r0", 1), ("r1", 1)]


def test_messages_of_later_events_are_found_and_twenty_are_kept() -> None:
    words = ["ant", "bee", "cat", "dog", "eel", "fly", "gnu", "hen", "ibis", "jay", "kiwi", "lynx", "mole", "newt"]
    words += ["owl", "pig", "quail", "rat", "seal", "toad", "urial", "vole"]
    for number, word in enumerate(words):
        digest(number, fingerprint=["x"], exception={"values": [{"type": "Gone", "value": f"{word} 17{number} left"}]})
    digest(*range(30, 35), fingerprint=["x"], exception={"values": [{"type": "Gone", "value": "ant 99 left"}]})

    def found(text: str) -> bool:
        return Issue.objects.filter(with_text(text)).exists()

    assert all(found(f"{word} left") for word in words[:20])
    assert not found("urial")
    assert not found("vole")
    assert len(IssueText.objects.get().keys) == 20


def test_two_messages_of_one_template_take_one_of_the_twenty() -> None:
    for number in (1, 2):
        arrive(project(), event(fingerprint=["x"], exception={}, message=f"order {number} of 'x{number}' failed"))
    digest_batch(NOON)
    arrive(project(), event(fingerprint=["x"], exception={}, message="order 3 failed late"))
    digest_batch(NOON)
    assert len(IssueText.objects.get().keys) == 2
