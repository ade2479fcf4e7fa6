"""Hour cells and estimates from stored counts and coverage."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hour_cells, hourly_baselines
from detections.rules.evaluation import refresh_baselines
from detections.rules.evaluation.run_evaluators import lock
from detections.rules.lifecycle import publish
from detections.rules.models import Baseline, BaselineCell, Exclusion, Rule, Scope
from detections.rules.spec.schema import decode, encode
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON, ROUTE

DAY = timedelta(days=1)


@given(
    st.lists(st.integers(0, 9), min_size=150, max_size=150),
    st.lists(st.booleans(), min_size=150, max_size=150),
    st.integers(1, 30),
)
def test_cells_are_the_windows_that_end_in_the_hour(line, covered, window):
    windows, totals, squares = hour_cells.hourly(np.array(line), np.array(covered), window)
    for hour in range(2):
        ends = range(30 + hour * 60 + 1, 30 + hour * 60 + 61)
        sums = [sum(line[end - window : end]) for end in ends if all(covered[end - window : end])]
        assert (windows[hour], totals[hour], squares[hour]) == (len(sums), sum(sums), sum(s * s for s in sums))


@pytest.fixture
def place(db):
    return world.environment(builders.project())


def scope_of(rule, place, route=ROUTE):
    return Scope.objects.get_or_create(
        rule=rule, project_environment=place, group_key=route, defaults={"created_at": NOON}
    )[0]


def estimate(scope, hour=NOON):
    rules = {r.rule.id: r for r in rules_in_force()}
    hourly_baselines.estimate([scope], rules, environments(), hour)
    return Baseline.objects.get(scope=scope, source="sentry", hour=hour)


def test_a_week_of_counts(place):
    world.week(place, ROUTE, NOON, per_minute=0.4)
    found = estimate(scope_of(world.rule(), place))
    assert found.established
    assert (found.covered_hours, found.data["missing_hours"]) == (168, 0)
    assert found.mean == pytest.approx(2.0, rel=0.25)
    assert found.limit == found.data["exceed"] > found.mean
    assert found.data["dispersion"] == pytest.approx(1.0, abs=0.4)


def test_hours_end_one_hour_before(place):
    world.week(place, ROUTE, NOON, per_minute=0)
    world.count(place, ROUTE, {NOON - HOUR: 100, NOON - MINUTE: 100})
    rule = world.rule()
    assert estimate(scope_of(rule, place)).data["events"] == 0
    world.covered(NOON, NOON + HOUR)
    assert estimate(scope_of(rule, place), NOON + HOUR).data["events"] > 0


@pytest.mark.parametrize(
    ("first", "missing", "established"),
    [(169, 0, True), (168, 0, False), (300, 0, True), (300, 47, True), (300, 49, False)],
)
def test_when_a_baseline_is_established(place, first, missing, established):
    start = NOON - first * HOUR
    world.covered(start, NOON - 100 * HOUR)
    world.covered(NOON - (100 - missing) * HOUR, NOON)
    assert estimate(scope_of(world.rule(), place)).established is established


def test_before_the_first_event_nothing_is_known(place):
    world.covered(NOON - 10 * DAY, NOON)
    place.first_event_at = NOON - 2 * DAY
    place.save()
    found = estimate(scope_of(world.rule(), place))
    assert not found.established
    assert found.limit is None
    assert found.covered_hours == pytest.approx(47, abs=0.2)


def test_early_statistics_where_the_rule_asks_for_them(place):
    world.covered(NOON - 26 * HOUR, NOON)
    rule = world.rule(conditions=[{"kind": "exceedance", "early_from_hours": 24}])
    assert estimate(scope_of(rule, place)).established


def test_an_excluded_incident_is_not_usual(place):
    world.week(place, ROUTE, NOON, per_minute=0.4)
    world.count(place, ROUTE, {NOON - 50 * HOUR + i * MINUTE: 200 for i in range(90)})
    rule = world.rule()
    with_it = estimate(scope_of(rule, place))
    Exclusion.objects.create(
        project_environment=place,
        start=NOON - 50 * HOUR + MINUTE,
        end=NOON - 48 * HOUR - MINUTE,
        reason="INC-7",
    )
    without = estimate(scope_of(rule, place))
    assert (without.data["excluded_hours"], without.covered_hours) == (2, 166)
    assert with_it.data["down_weighted_hours"] >= 2
    assert without.data["down_weighted_hours"] < with_it.data["down_weighted_hours"]
    assert without.mean == pytest.approx(with_it.mean, rel=0.1)


def test_no_coverage_at_all(place):
    found = estimate(scope_of(world.rule(), place))
    assert (found.established, found.mean, found.limit, found.covered_hours) == (False, None, None, 0)


def test_a_budget_over_many_scopes_sets_the_level(place):
    world.week(place, ROUTE, NOON, per_minute=0.4)
    rule = world.rule(conditions=[{"kind": "exceedance", "alarms_per_week": 1}])
    scope = scope_of(rule, place)
    alone = estimate(scope)
    for i in range(49):
        scope_of(rule, place, f"/r{i}")
    shared = estimate(scope)
    assert (alone.data["alpha"], shared.data["alpha"]) == (1 / 6048, pytest.approx(1 / 6048 / 50))
    assert shared.limit > alone.limit


def test_each_hour_is_counted_once(place):
    world.week(place, ROUTE, NOON, per_minute=0.4)
    scope = scope_of(world.rule(), place)
    estimate(scope)
    before = list(BaselineCell.objects.order_by("hour").values_list("id", "hour", "total"))
    world.covered(NOON, NOON + 3 * HOUR)
    world.count(place, ROUTE, {NOON + 30 * MINUTE: 7})
    estimate(scope, NOON + 3 * HOUR)
    after = list(BaselineCell.objects.order_by("hour").values_list("id", "hour", "total"))
    assert after[: len(before)] == before
    assert after[-1][1] == NOON
    assert 35 <= after[-1][2] < 60  # 7 in five windows each, and what the last minutes before noon had


def test_counting_other_events_starts_anew(place):
    world.week(place, ROUTE, NOON, per_minute=0.4)
    rule = world.rule()
    scope = scope_of(rule, place)
    estimate(scope)
    spec = encode(decode(rule.current.spec))
    spec["conditions"][0]["k"] = 4
    publish.publish(rule.identifier, decode(spec), now=NOON, reason="same events")
    assert BaselineCell.objects.exists()
    spec["conditions"][0]["window_minutes"] = 10
    publish.publish(rule.identifier, decode(spec), now=NOON, reason="longer windows")
    assert not BaselineCell.objects.exists()
    scope.refresh_from_db()
    assert estimate(scope).mean == pytest.approx(4.0, rel=0.25)


def test_a_rule_on_events_has_a_baseline_too(place):
    world.covered(NOON - 10 * DAY, NOON)
    rule = world.rule(selector={"sources": [{"source": "sentry"}], "message_contains": "database connection"})
    for hour in (30, 60, 90):
        at = NOON - hour * HOUR
        world.arrive(place.project, world.events(2, at, **world.plain("lost the database connection")), at)
        world.arrive(place.project, world.events(5, at, **world.plain("something else")), at)
    found = estimate(scope_of(rule, place))
    assert found.data["events"] == pytest.approx(6)


@pytest.mark.django_db(transaction=True)
def test_turns_do_not_wait_for_each_other_nor_for_a_judge(place):
    """A second worker takes what the first has not claimed, while a judge holds its lock."""
    world.week(place, ROUTE, NOON)
    rule = world.rule()
    first, second = scope_of(rule, place), scope_of(rule, place, "/r1")
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        lock()
        Scope.objects.select_for_update(no_key=True).get(pk=first.pk)
        assert other.submit(_refresh_apart).result() == 1
        assert list(Baseline.objects.values_list("scope_id", flat=True)) == [second.pk]
    assert (refresh_baselines.refresh(NOON), refresh_baselines.refresh(NOON)) == (1, 0)


def _refresh_apart():
    try:
        return refresh_baselines.refresh(NOON)
    finally:
        connection.close()


def test_new_scopes_have_their_turn_first(place, monkeypatch):
    monkeypatch.setattr(refresh_baselines, "FIRST", 1)
    rule = world.rule()
    old = scope_of(rule, place)
    refresh_baselines.refresh(NOON)
    new = scope_of(rule, place, "/new")
    refresh_baselines.refresh(NOON + HOUR)
    assert list(Baseline.objects.order_by("id").values_list("scope_id", flat=True)) == [old.pk, new.pk]


@given(st.integers(1, 100), st.integers(0, 10**7))
def test_the_next_turn_is_as_long_as_wanted_within_bounds(number, took):
    size = refresh_baselines.next_size(number, timedelta(microseconds=took))
    assert refresh_baselines.FEWEST <= size <= refresh_baselines.MOST
    if size > refresh_baselines.FEWEST:
        assert size <= 2 * number
        assert size * took <= number * refresh_baselines.WANTED / timedelta(microseconds=1)


def test_turns_that_take_long_become_smaller(place):
    """A scope takes 20 ms by this clock: five of them fit."""
    rule = world.rule()
    for i in range(60):
        scope_of(rule, place, f"/r{i}")
    turns = refresh_baselines.turns(lambda: NOON + Baseline.objects.count() * timedelta(milliseconds=20))
    assert list(turns) == [25, 5, 5, 5, 5, 5, 5, 5]


def test_a_rule_that_is_retired_meanwhile_is_not_claimed_again_and_again(place):
    kept, retired = world.rule(), world.rule("R-2")
    turns = refresh_baselines.turns(lambda: NOON)
    scope_of(kept, place, "/r0")
    assert next(turns) == 1
    scope_of(kept, place, "/r1")
    scope_of(retired, place)
    Rule.objects.filter(pk=retired.pk).update(mode=Rule.Mode.RETIRED)
    assert [*itertools.islice(turns, 5)] == [1]


def test_refresh_gives_every_scope_its_hour(place):
    world.week(place, ROUTE, NOON)
    rule = world.rule()
    for i in range(5):
        scope_of(rule, place, f"/r{i}")
    scope_of(world.rule("R-2", mode="draft"), place)
    assert refresh_baselines.refresh_all(lambda: NOON + 5 * MINUTE, HOUR) == 5
    assert refresh_baselines.refresh_all(lambda: NOON + 50 * MINUTE, HOUR) == 0
    assert refresh_baselines.refresh_all(lambda: NOON + 65 * MINUTE, HOUR) == 5
