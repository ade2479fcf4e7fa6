"""A route as its rule counts it: sliding windows, limits found by asking the rule's own decision."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.ranges import Range, find
from detections.dashboard.routes.covering_rules import covering_rules
from detections.dashboard.routes.hour_limits import severity_thresholds
from detections.dashboard.routes.rule_windows import ChartScope, highest_windows, rule_chart
from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import WindowCounts, compare_with_limits
from detections.rules.models import Severity
from detections.rules.spec.conditions import Exceedance, Floors
from detections.telemetry.models import Series
from opsconsole.lib.charts.time_chart import TimeChart
from tests.detections.dashboard import builders as make

MEDIUM, HIGH, CRITICAL = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
ALWAYS = Exceedance(floors=Floors(1, 3, 10), floor_mode="always")
GATED = msgspec.structs.replace(ALWAYS, floor_mode="gated")


def drawn(one: Series, chosen: Range) -> TimeChart:
    """The chart of the route by the one rule that covers it."""
    (rule,) = covering_rules([one], make.now())[one.pk]
    scope = ChartScope(rule.rule, rule.key, rule.scope_id, one.project_environment, one.source)
    return rule_chart(scope, *chosen.window(make.now()), chosen.step, make.now())


@given(st.lists(st.integers(0, 50), min_size=14, max_size=14), st.sampled_from([1, 2, 5, 10]))
def test_a_bucket_shows_the_highest_window_that_ends_in_it(minutes: list[int], per_bucket: int) -> None:
    highest = highest_windows(minutes, 5, per_bucket)
    assert len(highest) == 10 // per_bucket
    for index, value in enumerate(highest):
        ends = range(index * per_bucket, (index + 1) * per_bucket)
        assert value == max(sum(minutes[end : end + 5]) for end in ends)


def test_before_the_baseline_the_floors_are_the_limits() -> None:
    assert severity_thresholds(ALWAYS, None) == {MEDIUM: 1, HIGH: 3, CRITICAL: 10}


@pytest.mark.parametrize("condition", [ALWAYS, GATED])
@given(st.integers(2, 30), st.integers(0, 30))
def test_limits_agree_with_the_decision(condition: Exceedance, exceed: int, more: int) -> None:
    limits = Limits(exceed=exceed, high=exceed + more, hour=500)
    found = severity_thresholds(condition, limits)
    for severity, least in found.items():
        decided = compare_with_limits(condition, limits, WindowCounts(count=least, busiest=least), ()).severity
        assert decided is not None
        assert decided >= severity
        below = compare_with_limits(condition, limits, WindowCounts(count=least - 1, busiest=least - 1), ()).severity
        assert below is None or below < severity


def test_a_severity_that_starts_with_a_higher_one_is_not_drawn() -> None:
    assert severity_thresholds(Exceedance(floors=Floors(None, 3, None), floor_mode="always"), None) == {HIGH: 3}


@pytest.mark.django_db
def test_all_routes_of_the_prefix_are_counted_together() -> None:
    one = make.series("/api/beta/preview/{…}/screen/1", "GET")
    two = make.series("/api/beta/preview/{…}/screen/2", "GET")
    make.errors(make.series("/elsewhere"), 3, n=50)
    make.errors(one, 3, n=2)
    make.errors(two, 2, n=2)
    make.scope(make.preview_rule(), one.project_environment, "/api/beta/preview/*")
    make.cover(range(2, 60))
    chart = drawn(one, find("15m"))
    by_minute = dict(zip([chart.start + chart.step * n for n in range(15)], chart.counts, strict=True))
    assert [by_minute[make.minute(back)] for back in (5, 4, 3, 2, 1)] == [0, 0, 2, 4, 4]
    assert [(limit.label, limit.now) for limit in chart.limits] == [("medium", 1), ("high", 3), ("critical", 10)]
    assert chart.band is None


@pytest.mark.django_db
def test_an_established_baseline_gives_the_band() -> None:
    one = make.series("/api/beta/preview/{…}/screen/1", "GET")
    make.baseline(make.scope(make.preview_rule(), one.project_environment, "/api/beta/preview/*"), mean=0.4, exceed=4)
    band = drawn(one, find("15m")).band
    assert band is not None
    assert (band.expected[-1], band.low[-1], band.high[-1]) == (0.4, 0, 3)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["15m", "1h", "6h", "24h"])
def test_in_every_range_an_error_stands_in_its_own_bucket(key: str) -> None:
    one = make.series("/api/beta/preview/{…}/screen/1", "GET")
    make.preview_rule()
    make.errors(one, 7, n=3)
    chart = drawn(one, find(key))
    first = (make.minute(7) - chart.start) // chart.step
    last = (make.minute(3) - chart.start) // chart.step  # the last minute whose window still holds it
    assert [index for index, count in enumerate(chart.counts) if count] == list(range(first, last + 1))
    assert max(count or 0 for count in chart.counts) == 3
