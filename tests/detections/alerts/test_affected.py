"""How many people and which releases an alert concerns: its own scope's events, from its first window to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from detections.alerts import affected as module
from detections.alerts.affected import Affected, affected
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert, AlertMember
from detections.alerts.queries import one_alert
from detections.telemetry.models import Issue
from tests.detections import builders
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope
from tests.detections.rules import world
from tests.detections.rules.world import ROUTE

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + 30 * MINUTE
OTHER = "/api/orders/cancel"


def send(*people: int, at: Any = START, path: str = ROUTE, **fields: Any) -> None:
    """An event of each person, five seconds apart, the last just before `at`."""
    for index, person in enumerate(reversed(people)):
        moment = at - timedelta(seconds=1 + 5 * index)
        user = {"user": {"id": person}} if person else {}
        world.arrive(builders.project(), [world.event(moment, path=path, **user, **fields)], at)


def alert(group_key: str = ROUTE, **spec: Any) -> Alert:
    words = {"selector": {"sources": [{"source": "sentry"}]}, "group_by": "route", **spec}
    judge(make_scope(make_rule("R-1", **words), group_key), "h", 0)
    consume(NOW)
    return Alert.objects.get()


def test_people_and_releases_are_those_of_its_events(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    send(1, 2, 2, 0, release="raptor@2")
    send(3, release="raptor@1")
    send(4, path=OTHER, release="raptor@3")
    send(5, at=START - 6 * MINUTE)  # before its first window
    made = one_alert(alert().pk)
    assert made is not None
    with django_assert_num_queries(2):
        found = affected(made, NOW)
    assert found == Affected(events=5, people=3, releases=("raptor@2", "raptor@1"), complete=True)
    assert found.people_in_words == "3 people"


def test_it_counts_up_to_the_end_of_the_alert() -> None:
    send(1)
    made = alert()
    send(2, at=START + 10 * MINUTE)
    found = affected(made, NOW)
    assert found is not None
    assert found.people == 2
    made.resolved_at = START + 5 * MINUTE
    found = affected(made, NOW)
    assert found is not None
    assert (found.people, found.people_in_words) == (1, "1 person")


def test_a_rule_that_selects_by_fields_counts_only_what_it_selects() -> None:
    send(1, **world.plain("quantity must be positive"))
    send(2)
    selector = {"sources": [{"source": "sentry"}], "message_contains": "quantity"}
    found = affected(alert(selector=selector), NOW)
    assert found is not None
    assert (found.events, found.people) == (1, 1)


def test_a_rule_by_issue_counts_its_issue() -> None:
    send(1, 2, **world.plain())
    send(3)
    issue = Issue.objects.get(exception_type="ValueError")
    found = affected(alert(str(issue.pk), group_by="issue"), NOW)
    assert found is not None
    assert (found.events, found.people) == (2, 2)


def test_a_shared_alert_counts_its_members() -> None:
    send(1)
    send(2, path=OTHER)
    made = alert("(more)")
    for key in (ROUTE, "/api/none"):
        scope = make_scope(made.rule, key)
        AlertMember.objects.create(
            alert=made, scope=scope, severity=2, slot_severity=2, joined_at=START, last_firing_at=START
        )
    found = affected(made, NOW)
    assert found is not None
    assert (found.events, found.people) == (1, 1)


def test_beyond_what_is_looked_at_it_says_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    send(1, 2, 3)
    monkeypatch.setattr(module, "MOST", 2)
    found = affected(alert(), NOW)
    assert found is not None
    assert (found.events, found.complete, found.people_in_words) == (2, False, "At least 2 people")


def test_without_people_or_events_it_says_so() -> None:
    send(0)
    found = affected(alert(), NOW)
    assert found is not None
    assert found.people_in_words == "None named by the events"
    assert affected(Alert.objects.get(), NOW - timedelta(days=400)) is not None
    assert Affected(0, 0, (), complete=False).people_in_words == "Too many events to count them"


def test_events_are_read_by_time_and_by_the_days_that_can_have_them() -> None:
    send(1)
    made = alert()
    with CaptureQueriesContext(connection) as captured:
        affected(made, NOW)
    (sql,) = (query["sql"] for query in captured if "detections_event" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sql)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "project_environment_id" in plan
    assert plan.count("Index Scan") + plan.count("Subplans Removed") >= 1
    scanned = [line for line in plan.splitlines() if " on detections_event_" in line]
    assert 1 <= len(scanned) <= 3, plan  # of the alert's day and the two after it
