"""Searches of issues against rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from bootstrap.systems.models import App, Environment, System
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease
from detections.telemetry.issues.scope import FigureScope, with_figures
from detections.telemetry.models import Event, Issue
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.user_hashes import user_hashes
from opsconsole.lib import clock
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


def with_all_figures() -> QuerySet[Issue]:
    return with_figures(Issue.objects.all(), FigureScope())


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def titles(text: str) -> list[str]:
    found = search_issues(text, clock.now())
    assert found.problems == ()
    return sorted(with_all_figures().filter(found.condition).values_list("title", flat=True))


def letters(text: str) -> str:
    """The first letters of the issues that are found."""
    return "".join(title[0] for title in titles(text))


def refused(text: str) -> str:
    found = search_issues(text, clock.now())
    list(with_all_figures().filter(found.condition))
    return " ".join(found.problems)


def figures(issue: Issue, env: str, release: str = "") -> None:
    now = clock.now()
    where = make.environment(issue.project, env)
    seen = {"issue": issue, "project_environment": where, "first_seen": now, "last_seen": now}
    IssueEnvironment.objects.create(**seen)
    if release:
        IssueRelease.objects.create(release=release, **seen)


@pytest.fixture
def issues() -> dict[str, Issue]:
    """A: errors of two people in prod and staging; B: a resolved warning in staging; C: of another project."""
    now = clock.now()
    old, new = now - timedelta(days=20), now - timedelta(hours=2)
    a = make.issue(title="A: no tariff", events=120, users=2, first_seen=old, last_seen=new, last_release="shop@2.1")
    b = make.issue(
        title="B: slow query", level="warning", status="resolved", needs_triage=False, first_seen=new, last_seen=now
    )
    c = make.issue(
        make.project("other"), title="C: kettle", events=5, needs_triage=False, first_seen=old, last_seen=old
    )
    for issue, env, release in (
        (a, "prod", "shop@2.1"),
        (a, "staging", "shop@2.2"),
        (b, "staging", ""),
        (c, "prod", "k@1"),
    ):
        figures(issue, env, release)
    checkout, search = make.series("/checkout"), make.series("/search", "GET", env="staging")
    task = make.series("/kettle", of=c.project)
    event(a, checkout, {"browser": "Chrome", "os": "Linux"}, {"id": "1", "email": "ada@x.org"}, release="shop@2.1")
    event(a, search, {"browser": "Safari"}, {"id": "2"}, release="shop@2.2", trace_id=TRACE, logger="shop.prices")
    event(b, search, {"browser": "Safari 17"}, {}, release="", platform="python", handled=True, level="warning")
    event(c, task, {"customer": "acme* ltd"}, {"ip_address": "192.0.2.7"}, transaction="boil", url="https://k/boil?x=1")
    return {"a": a, "b": b, "c": c}


def event(issue: Issue, at: Any, tags: dict[str, str], user: dict[str, str], **more: Any) -> Event:
    hashes = user_hashes(issue.project_id, user)
    return make.event(issue, at, tags=tags, user_hashes=hashes, user_hash=hashes[0] if hashes else None, **more)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "ABC"),
        ("is:unresolved", "AC"),
        ("is:resolved", "B"),
        ("!is:resolved", "AC"),
        ("is:[resolved, ignored]", "B"),
        ("is:new", "A"),
        ("is:for_review", "A"),
        ("is:archived", ""),
        ("level:warning", "B"),
        ("level:WARN", "B"),
        ("!level:error", "B"),
        ("level:[error,fatal]", "AC"),
        ("project:other", "C"),
        ("!project:other", "AB"),
        ("project:[raptor, other]", "ABC"),
        ("type:a", "A"),
        ("error.type:A*", "A"),
        ("!error.type:A", "BC"),
        ("culprit:shop.prices*", "ABC"),
        ("environment:prod", "AC"),
        ("environment:staging", "AB"),
        ("env:[prod,staging]", "ABC"),
        ("!environment:prod", "AB"),
        ("!environment:staging", "AC"),
        ("environment:stag*", "AB"),
        ("release:shop@2.1", "A"),
        ("release:shop@*", "A"),
        ("!release:shop@2.1", "ABC"),
        ("release:shop@2.1 environment:prod", "A"),
        ("release:shop@2.1 environment:staging", ""),
        ("last-release:shop@2.1", "A"),
        ("lastRelease:shop@2.1", "A"),
        ("route:/checkout", "A"),
        ('route:"POST /checkout"', "A"),
        ('route:"GET /checkout"', ""),
        ("route:/s*", "AB"),
        ("method:get", "AB"),
        ("transaction:boil", "C"),
        ("url:*boil*", "C"),
        ("http.url:*boil*", "C"),
        (f"trace:{TRACE}", "A"),
        (f"trace:{TRACE.upper()}", "A"),
        (TRACE, "A"),
        ("browser:Chrome", "A"),
        ("browser:[Chrome,Opera]", "A"),
        ("!browser:Chrome", "ABC"),
        ("browser:Safari*", "AB"),
        ("browser:safari*", "AB"),
        ("tags[browser]:Chrome", "A"),
        ('tags["browser"]:Chrome', "A"),
        ("tags[never.sent]:x", ""),
        (r"customer:acme\**", "C"),
        (r'customer:"acme\* ltd"', "C"),
        ("browser:Chrome os:Linux", "A"),
        ("browser:Safari os:Linux", ""),
        ("browser:Chrome environment:prod", "A"),
        ("browser:Chrome environment:staging", ""),
        ("browser:Chrome OR customer:*ltd", "AC"),
        ("(browser:Chrome OR is:resolved) environment:staging", "B"),
        ("(browser:Chrome OR browser:Safari) os:Linux", "A"),
        ("is:resolved OR level:fatal OR project:other", "BC"),
        ("is:resolved OR is:unresolved project:other", "BC"),
        ("has:user", "AC"),
        ("!has:user", "B"),
        ("has:browser", "AB"),
        ("has:[trace, transaction]", "ABC"),
        ("has:release !has:user", ""),
        ("has:logger", "A"),
        ("has:tags[customer]", "C"),
        ("user:1", "A"),
        ("user.id:1", "A"),
        ("user.email:ada@x.org", "A"),
        ("user.email:1", ""),
        ("user.id:1 browser:Chrome", "A"),
        ("user.id:1 browser:Safari", ""),
        ("!user.id:1", "ABC"),
        ("user.ip:192.0.2.7", "C"),
        ("user:[1, 192.0.2.7]", "AC"),
        ("logger:shop.prices", "A"),
        ("platform:python", "B"),
        ("error.handled:yes", "B"),
        ("!error.handled:yes", ""),
        ("first-seen:-24h", "B"),
        ("firstSeen:-1d", "B"),
        ("age:+24h", "AC"),
        ("first-seen:>-24h", "B"),
        ("first-seen:<-24h", "AC"),
        ("last-seen:+7d", "C"),
        ("last-seen:-1h", "B"),
        ("!last-seen:-1h", "AC"),
        ("times-seen:>100", "A"),
        ("timesSeen:<=5", "BC"),
        ("times-seen:5", "C"),
        ("times-seen:[5, 120]", "AC"),
        ("users:>=2", "A"),
        ("timestamp:-1h", "ABC"),
        ("timestamp:+1h", ""),
        ("kettle", "C"),
        ("!kettle", "AB"),
        ('"no tariff"', "A"),
        ("message:tariff", "A"),
        ("!message:tariff", "BC"),
        ("message:*tariff", "A"),
        ("tariff OR kettle", "AC"),
        ("(tariff OR kettle) !project:other", "A"),
        ("C:", "C"),
    ],
)
def test_what_is_found(issues: dict[str, Issue], text: str, found: str) -> None:
    assert letters(text) == found


@pytest.mark.parametrize("form", ["{0.hex}", "{0}", "id:{0}", "event.id:{0.hex}"])
def test_an_event_id_finds_its_issue(issues: dict[str, Issue], form: str) -> None:
    event_id = Event.objects.filter(issue=issues["b"]).get().event_id
    assert letters(form.format(event_id)) == "B"
    assert letters(form.format(event_id).upper().replace("ID:", "id:").replace("EVENT.", "event.")) == "B"


def test_an_environment_is_known_by_its_other_names(issues: dict[str, Issue]) -> None:
    system = System.objects.create(slug="raptor", name="Raptor")
    App.objects.create(system=system, slug="web", name="Web")
    Environment.objects.create(system=system, slug="prod", name="Production", aliases=["production", "live"])
    assert [letters(f"environment:{name}") for name in ("production", "LIVE", "Prod")] == ["AC"] * 3
    assert letters("!environment:production") == "AB"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level:eror", "level has no “eror”. Did you mean error? There are: fatal, error, warning, info, debug"),
        (
            "is:strange",
            "is has no “strange”. Did you mean triage? There are: unresolved, resolved, ignored",
        ),
        ("first-seen:>soon", "that is no time that is understood. first-seen takes a time: -24h"),
        ("first-seen:24h", "no time"),
        ("first-seen:>+2d", "no time"),
        ("first-seen:2026-02-31", "no time"),
        ("first-seen:-999999w", "no time"),
        ("first-seen:9999-12-31", "no time"),
        ("times-seen:many", "that is no whole number"),
        ("times-seen:-3", "that is no whole number"),
        ("trace:abc", "that is no id"),
        ("user.email:*@x.org", "a part of it cannot be looked for"),
        ("level:>error", "is not compared by “>”"),
        ("browser:>5", 'for a value that begins so write browser:">5"'),
        (
            "levle:error",
            "“levle” is neither a key nor a tag of newest events. Did you mean level? There are: is, level,",
        ),
        ("brwser:Chrome", "Did you mean browser or user?"),
        ("nothing:x", 'For a rare tag write tags[nothing]:x, for a text "nothing:x".'),
        ("assigned:me", "issues are not assigned to anybody here"),
        ("-level:error", "to leave out, write !level:error"),
        ("has:times-seen", "times-seen cannot be asked for by has"),
        ("has:nothing", "“nothing” is neither a key nor a tag"),
        ("level: error", "“level:” needs a value behind the colon, as in level:[fatal, error]"),
        ("levle: error", "“levle:” needs a value"),
        ("(a", "A parenthesis is opened and not closed"),
        ("level:error or level:fatal", "Write OR in capitals"),
        ('"abc', "A quotation mark is opened and not closed"),
        ("a\0b", "NUL"),
        ("x " * 40, "at most 30 conditions"),
        ("x" * 1001, "at most 1,000 characters; this one has 1,001"),
    ],
)
def test_what_is_wrong_is_said(issues: dict[str, Issue], text: str, said: str) -> None:
    assert said in refused(text)


def test_what_was_not_understood_is_left_out_and_what_has_no_meaning_finds_nothing(issues: dict[str, Issue]) -> None:
    now = clock.now()
    assert [each.title for each in with_all_figures().filter(search_issues("levle:x kettle", now).condition)] == [
        "C: kettle"
    ]
    assert not with_all_figures().filter(search_issues("(kettle", now).condition).exists()


def test_names_that_are_not_there_are_said(issues: dict[str, Issue]) -> None:
    found = search_issues("project:nobody environment:mars", clock.now())
    assert found.problems == ()
    assert found.remarks == (
        "Project “nobody” is not among those here (other, raptor).",
        "Environment “mars” is not among those here (prod, staging).",
    )


def test_what_every_row_must_have_is_the_scope_of_figures(issues: dict[str, Issue]) -> None:
    now = clock.now()
    asked = search_issues("environment:[prod, staging] release:shop@2.1 is:unresolved", now)
    assert (asked.environments, asked.release) == (("prod", "staging"), "shop@2.1")
    for text in ("!environment:prod", "environment:prod OR is:resolved", "environment:p*", "(environment:prod"):
        assert search_issues(text, now).environments == ()


def test_events_are_looked_at_for_a_bounded_time(issues: dict[str, Issue]) -> None:
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert isinstance(search_issues("browser:Chrome", clock.now()).since, datetime)
    assert search_issues("browser:Chrome", clock.now()).since <= today  # type: ignore[operator]
    for text in ("is:unresolved", "environment:prod", "release:x", "kettle", f"trace:{TRACE}", "user:1"):
        assert search_issues(text, clock.now()).since is None
