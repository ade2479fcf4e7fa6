"""Reads of counts: by minute and by hour alike, whole, in the right bucket; what is not covered is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.telemetry import queries
from tests.detections.dashboard import builders as make
from tests.detections.dashboard.conftest import one_moment

pytestmark = pytest.mark.django_db

__all__ = ["one_moment"]  # an autouse fixture
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_buckets_by_minute_put_each_count_where_it_belongs() -> None:
    one = make.series()
    make.errors(one, 0, n=4)
    make.errors(one, 3, n=2)
    end = make.minute(-1)
    assert queries.buckets([one.pk], end - 5 * MINUTE, end, MINUTE) == {one.pk: [0, 2, 0, 0, 4]}
    assert queries.buckets([one.pk], end - 6 * MINUTE, end, 2 * MINUTE)[one.pk] == [0, 2, 4]


def test_the_end_is_not_included_and_what_lies_before_the_start_neither() -> None:
    one = make.series()
    make.errors(one, 0, 1, 2, 3)
    assert queries.buckets([one.pk], make.minute(2), make.minute(0), MINUTE)[one.pk] == [1, 1]
    assert queries.totals([one.project_id], make.minute(2), make.minute(0)) == {one.pk: 2}


def test_a_week_is_read_from_hour_cells_and_has_the_same_total() -> None:
    one = make.series()
    make.errors(one, 0, 59, 3000, n=7)
    end = make.floor_hour(make.now()) + HOUR
    by_hour = queries.buckets([one.pk], end - timedelta(days=7), end, HOUR)[one.pk]
    assert len(by_hour) == 168
    assert sum(by_hour) == 21
    assert queries.totals([one.project_id], end - timedelta(days=7), end) == {one.pk: 21}


def test_series_without_counts_are_all_zero() -> None:
    one = make.series()
    assert queries.buckets([one.pk], make.minute(2), make.minute(0), MINUTE) == {one.pk: [0, 0]}


@pytest.mark.slow
def test_totals_of_other_projects_are_left_out() -> None:
    ours, theirs = make.series(), make.series(of=make.project("shop"))
    make.errors(ours, 1)
    make.errors(theirs, 1)
    assert queries.totals([ours.project_id], make.minute(5), make.minute(0)) == {ours.pk: 1}


def test_a_bucket_is_covered_when_any_of_its_minutes_was() -> None:
    one = make.series()
    make.cover([1, 4])
    end = make.minute(0)
    assert queries.covered("sentry", one.project_id, end - 6 * MINUTE, end, 2 * MINUTE) == [False, True, True]
    assert queries.covered("router", one.project_id, end - 2 * MINUTE, end, MINUTE) == [False, False]


def test_coverage_of_another_project_is_not_ours() -> None:
    ours, theirs = make.series(), make.series(of=make.project("shop"))
    make.add_counts.cover("sentry", [make.minute(1)], theirs.project_id)
    end = make.minute(0)
    assert queries.covered("sentry", ours.project_id, end - MINUTE, end, MINUTE) == [False]
    assert queries.covered("sentry", theirs.project_id, end - MINUTE, end, MINUTE) == [True]


def test_what_stands_behind_a_route() -> None:
    one, other = make.series(), make.series("/search", "GET")
    often, seldom = make.issue(), make.issue(title="KeyError: kettle")
    for back in (1, 2, 3):
        make.event(often, one, back=back, user_hash=back % 2, release="shop@2")
    make.event(seldom, one, back=1)
    make.event(often, other, back=1)
    make.event(often, one, back=90)
    behind = queries.route_events([one.pk], one.project_environment_id, make.minute(60))
    assert (behind.events, behind.users) == (4, 2)
    assert [(issue.pk, n) for issue, n in behind.issues] == [(often.pk, 3), (seldom.pk, 1)]
    assert behind.types == [queries.Share("ValueError", 3), queries.Share("KeyError", 1)]
    assert behind.releases == [queries.Share("shop@2", 3), queries.Share("shop@1", 1)]


def test_silent_environments_are_those_that_once_sent() -> None:
    quiet = make.environment(make.project(), "staging", last=make.now() - timedelta(days=2))
    make.environment(make.project(), "prod")
    make.environment(make.project("off", enabled=False), "prod", last=make.now() - timedelta(days=2))
    assert list(queries.silent_environments(make.now(), quiet_for=timedelta(days=1))) == [quiet]
