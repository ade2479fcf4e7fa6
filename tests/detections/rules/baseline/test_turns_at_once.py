"""A turn of estimates meets a late event, or a new version of the rule, in another transaction."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from detections.rules.baseline import hourly_baselines
from detections.rules.evaluation import on_arrival, refresh_baselines
from detections.rules.lifecycle import publish
from detections.rules.models import Baseline, BaselineCell, Rule, RuleVersion, Scope
from detections.rules.spec.schema import decode, encode
from tests.at_once import race
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON, ROUTE

pytestmark = pytest.mark.django_db(transaction=True)

TRIES = 100_000  # looks at the locks: tens of seconds
# For this transaction: other tests wait on the same server.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(TRIES):
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited for the turn")


def learnt() -> Rule:
    """A rule on a route with a week of counts, of which no hour is estimated yet."""
    place = world.environment(builders.project())
    world.week(place, ROUTE, NOON, per_minute=0.4)
    rule = world.rule()
    Scope.objects.create(rule=rule, project_environment=place, group_key=ROUTE, created_at=NOON)
    return rule


def meet(other: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a turn, and `other` once it has estimated; the turn commits when `other` waits for it."""
    estimated, does = Event(), hourly_baselines.estimate

    def estimate(*args: Any) -> int:
        number = does(*args)
        estimated.set()
        until_somebody_waits()
        return number

    def act(number: int) -> object:
        if number == 0:
            return refresh_baselines.refresh(NOON)
        assert estimated.wait(60)
        return other()

    with monkeypatch.context() as patched:
        patched.setattr(hourly_baselines, "estimate", estimate)
        results = race(act, 2)
    assert results[0] == 1, results
    assert not isinstance(results[1], Exception), results


def totals() -> dict[Any, int]:
    rows = BaselineCell.objects.values_list("hour").annotate(n=Sum("total"))
    return {hour: n for hour, n in rows if n}


def longer(rule: Rule) -> RuleVersion:
    """Publish the rule with windows of ten minutes."""
    spec = encode(decode(rule.current.spec if rule.current else {}))
    spec["conditions"][0]["window_minutes"] = 10
    return publish.publish(rule.identifier, decode(spec), now=NOON, author_name="test", reason="longer windows")


def test_a_late_event_during_a_turn_is_in_the_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The turn has counted the hour before the event came."""
    rule = learnt()
    hour, now = NOON - 5 * HOUR, NOON + MINUTE / 2
    before: dict[Any, int] = {}

    def late() -> None:
        before.update(totals())
        world.arrive(builders.project(), [world.event(hour + 30 * MINUTE, **world.plain())], now)
        on_arrival.judge_all(now)

    meet(late, monkeypatch)
    assert before == {}  # not committed when the event came
    counted = totals()
    Scope.objects.update(cells_until=None)
    BaselineCell.objects.all().delete()
    Baseline.objects.all().delete()
    assert refresh_baselines.refresh(NOON) == 1
    assert counted == totals()
    assert rule.current is not None


def test_a_version_published_during_a_turn_forgets_what_the_turn_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = learnt()
    meet(lambda: longer(rule), monkeypatch)
    assert not BaselineCell.objects.exists()
    assert Scope.objects.get().cells_until is None
    assert refresh_baselines.refresh(NOON) == 1
    assert set(BaselineCell.objects.values_list("window_minutes", flat=True)) == {10}
    assert Baseline.objects.get(hour=NOON).version.number == 2


def test_a_turn_leaves_scopes_alone_whose_rule_is_being_published(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = learnt()
    forgotten, turned, does = Event(), Event(), publish._make_current

    def make_current(*args: Any) -> None:
        forgotten.set()
        assert turned.wait(60)
        does(*args)

    def act(number: int) -> object:
        if number == 0:
            return longer(rule).number
        assert forgotten.wait(60)
        try:
            return refresh_baselines.refresh(NOON)
        finally:
            turned.set()

    with monkeypatch.context() as patched:
        patched.setattr(publish, "_make_current", make_current)
        assert race(act, 2) == [2, 0]
    assert refresh_baselines.refresh(NOON) == 1
    assert set(BaselineCell.objects.values_list("window_minutes", flat=True)) == {10}
