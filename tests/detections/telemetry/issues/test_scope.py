"""Figures of issues over the events of an environment or a release."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from detections.ingest.digest import digest_batch
from detections.telemetry.issues.queries import hours, issues, stored, stored_counts
from detections.telemetry.issues.scope import FigureScope, users_there, with_figures
from detections.telemetry.models import Event, Issue
from tests.detections.builders import NOON, envelope, event, inbox, project

pytestmark = pytest.mark.django_db


def at(hours: int) -> datetime:
    return NOON + timedelta(hours=hours)


def digest(back: int, user: int, **fields: Any) -> None:
    body = envelope(("event", event(timestamp=at(-back).isoformat(), user={"id": user}, **fields)))
    inbox(project(), body)
    digest_batch(NOON)


@pytest.fixture(autouse=True)
def events() -> None:
    digest(5, 1, environment="alpha", release="1")
    digest(4, 2, environment="alpha", release="2")
    digest(3, 2, environment="alpha", release="2")
    digest(2, 2, environment="beta", release="2")
    digest(0, 3, environment="beta")
    digest(1, 9, environment="gamma", fingerprint=["other"])


def figures(*environments: str, release: str = "") -> list[tuple[Any, ...]]:
    rows = with_figures(issues(), FigureScope(environments, release)).order_by("pk")
    return [(row.figure_events, row.figure_users, row.figure_first, row.figure_last) for row in rows]  # type: ignore[attr-defined]


def test_figures_are_those_of_the_events_in_the_scope() -> None:
    assert figures() == [(5, 3, at(-5), at(0)), (1, 1, at(-1), at(-1))]
    assert figures("alpha") == [(3, 2, at(-5), at(-3))]
    assert figures("beta") == [(2, 2, at(-2), at(0))]
    assert figures("alpha", "beta") == [(5, 3, at(-5), at(0))]
    assert figures(release="2") == [(3, 1, at(-4), at(-2))]
    assert figures("alpha", release="2") == [(2, 1, at(-4), at(-3))]
    assert figures("gamma", "alpha", release="1") == [(1, 1, at(-5), at(-5))]
    assert figures("nowhere") == figures(release="9") == []


SCOPES = [FigureScope(), FigureScope(("alpha",)), FigureScope(("alpha", "beta")), FigureScope((), "2")]
SCOPES += [FigureScope(("beta",), "2")]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_figures_the_chart_and_the_events_agree(scope: FigureScope) -> None:
    issue = with_figures(issues(), scope).order_by("pk")[0]
    number = issue.figure_events  # type: ignore[attr-defined]
    assert sum(hours([issue.pk], at(-24), at(1), scope)[issue.pk]) == number
    assert stored(issue, scope).count() == stored_counts(issue, scope).events == number


def test_counts_stay_when_events_are_dropped() -> None:
    before = figures("alpha")
    Event.objects.all().delete()
    assert figures("alpha") == before


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (FigureScope(), ""),
        (FigureScope(("prod",)), "in prod"),
        (FigureScope(("prod", "qa"), "2.4"), "in prod or qa and release 2.4"),
        (FigureScope((), "2.4"), "in release 2.4"),
    ],
)
def test_words(scope: FigureScope, words: str) -> None:
    assert scope.words == words
    assert bool(scope) is bool(words)


def test_without_a_scope_the_order_is_that_of_an_index() -> None:
    Issue.objects.bulk_create(
        Issue(project=project(), title=f"{n}", level="error", first_seen=at(-n), last_seen=at(-n)) for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE detections_issue")
    for name in ("figure_last", "figure_first", "figure_events", "figure_users"):
        plan = with_figures(issues(), FigureScope()).order_by(f"-{name}", "-pk")[:51].explain()
        assert f"issue_{ {'last': 'last_seen', 'first': 'first_seen'}.get(name[7:], name[7:]) }" in plan
        assert "Seq Scan on detections_issue" not in plan


def test_beside_an_event_stand_the_users_of_its_environment() -> None:
    """In messages about an alert, which is of one environment."""
    rows = Event.objects.annotate(users=users_there()).order_by("occurred_at")
    assert list(rows.values_list("project_environment__name", "users")) == [
        *[("alpha", 2)] * 3,
        *[("beta", 2), ("gamma", 1), ("beta", 2)],
    ]
