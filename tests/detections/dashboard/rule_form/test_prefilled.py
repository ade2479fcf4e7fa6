"""The form filled in for a route and for an issue, from rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from detections.dashboard.rule_form import own_week
from detections.dashboard.rule_form.prefilled import FilledIn, for_issue, for_route
from detections.telemetry.models import IssueHour
from opsconsole.lib.clock import floor_hour
from tests.detections.dashboard import builders
from tests.detections.dashboard.builders import MOMENT

pytestmark = pytest.mark.django_db


def fields(filled: FilledIn) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else values for name, values in parse_qs(filled.query).items()}


def test_a_route_is_selected_where_it_failed_with_limits_of_its_own_week() -> None:
    series = builders.series()
    builders.errors(series, *range(10, 10_000), n=1)

    filled = for_route(series, MOMENT)

    assert fields(filled) == {
        "title": "Errors on POST /checkout",
        "project": "raptor",
        "environment": "prod",
        "route": "/checkout",
        "group_by": "route",
        "floor_high": "6",
        "floor_critical": "18",
    }
    assert "busiest 5 minutes had 5" in filled.says[0]
    assert "POST among them" in filled.says[1]


def test_folded_errors_are_selected_by_the_glob_they_are_folded_under() -> None:
    series = builders.series("(other)", "")
    series.selected_by = "/api/beta/*\n/api/*"

    assert fields(for_route(series, MOMENT))["route"] == "/api/beta/*"


def test_without_a_route_it_says_that_one_has_to_choose() -> None:
    filled = for_route(builders.series("(other)", ""), MOMENT)

    assert "route" not in fields(filled)
    assert "choose what the rule selects" in filled.says[-1]


def test_an_issue_is_selected_by_what_its_events_have_in_common() -> None:
    series, issue = builders.series(), builders.issue(title="ValueError: no price for 17 pieces")
    for back in range(4):
        builders.event(issue, series, back=back, message=f"no price for {back} pieces")

    filled = for_issue(issue, MOMENT)

    assert fields(filled) == {
        "title": "ValueError: no price for 17 pieces",
        "project": "raptor",
        "environment": "prod",
        "route": "/checkout",
        "exception_type": "ValueError",
        "message_contains": "no price for",
        "levels": ["error", "fatal"],
        "group_by": "issue",
        "floor_high": "3",
        "floor_critical": "10",
    }
    assert "counts each issue that these fields select" in filled.says[1]


def test_what_differs_between_its_events_is_left_open() -> None:
    issue = builders.issue()
    builders.event(issue, builders.series(), message="no price")
    builders.event(issue, builders.series("/cart", env="staging"), message="other words")

    found = fields(for_issue(issue, MOMENT))

    assert not {"environment", "route", "message_contains"} & set(found)
    assert found["exception_type"] == "ValueError"


def test_an_issue_without_stored_events_has_its_own_words() -> None:
    found = fields(for_issue(builders.issue(level="warning"), MOMENT))

    assert (found["exception_type"], found["levels"], found["floor_high"]) == ("ValueError", "warning", "3")


def test_of_a_flood_only_the_newest_hours_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    issue, where = builders.issue(), builders.environment(builders.project())
    monkeypatch.setattr(own_week, "MOST_EVENTS", 10)
    hour = floor_hour(MOMENT)
    for back, n in ((0, 4), (1, 5), (2, 9)):
        at = hour - back * own_week.HOUR
        IssueHour.objects.create(issue=issue, project_environment=where, hour=at, n=n)

    week = own_week.of_issue(issue, MOMENT)

    assert week.minutes.size == 60 + 36  # the hour before and 14:00 to 14:35
    assert week.days == pytest.approx((60 + 35 + 20 / 60) / 1440)


def test_of_a_flood_that_is_over_its_own_hour_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    issue, where = builders.issue(), builders.environment(builders.project())
    monkeypatch.setattr(own_week, "MOST_EVENTS", 10)
    flood = floor_hour(MOMENT) - 3 * own_week.HOUR
    IssueHour.objects.create(issue=issue, project_environment=where, hour=flood, n=50)

    assert own_week.of_issue(issue, MOMENT).minutes.size == 180 + 36


def test_queries_are_few(django_assert_num_queries: Any) -> None:
    series, issue = builders.series(), builders.issue()
    for back in range(5):
        builders.event(issue, series, back=back)

    with django_assert_num_queries(1):
        for_route(series, MOMENT)
    with django_assert_num_queries(3):
        for_issue(issue, MOMENT)
