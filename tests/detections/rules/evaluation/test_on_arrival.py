"""Judging on arrival: at once, never milder, late events marked, and rules that arm see what is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Item
from detections.ingest.models import DirtySlot
from detections.rules.evaluation import on_arrival, scheduler
from detections.rules.models import BaselineCell, Evaluation, Rule, Scope
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON, PREVIEW, ROUTE

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def place(project):
    world.covered(NOON - HOUR, NOON + 2 * HOUR)
    return world.environment(project, since=NOON - HOUR)


def tick(now):
    scheduler.make_due(now)
    scheduler.catch_up(now)
    on_arrival.judge_newly_armed(now)
    on_arrival.judge_all(now)


def seen():
    rows = Evaluation.objects.order_by("slot_end", "revision")
    return list(rows.values_list("slot_end", "revision", "outcome", "severity", "count", "late"))


def test_what_arrives_is_judged_in_its_minutes_slot(project, place):
    world.rule()
    now = NOON + 30 * SECOND
    world.arrive(project, [world.event(now - SECOND, **world.plain())], now)
    assert on_arrival.judge_all(now) == 1
    slot = NOON + MINUTE
    assert seen() == [(slot, 0, "firing", 1, 1, False)]
    assert not DirtySlot.objects.exists()
    assert on_arrival.judge_all(now) == 0


def test_a_minute_that_goes_on_only_becomes_worse(project, place):
    world.rule()
    slot = NOON + MINUTE
    for second, number in ((10, 1), (20, 1), (30, 1), (40, 7), (50, 9)):
        now = NOON + second * SECOND
        world.arrive(project, world.events(number, now, gap=1, **world.plain()), now)
        on_arrival.judge_all(now)
    assert [row[1:5] for row in seen()] == [(0, "firing", 1, 1), (1, "firing", 2, 3), (2, "firing", 3, 10)]
    # The minute's own evaluation agrees, and adds what came after.
    tick(slot + 10 * SECOND)
    assert seen()[-1] == (slot, 3, "firing", 3, 19, False)


def test_the_minutes_own_evaluation_agrees_with_what_arrived(project, place):
    world.rule()
    now = NOON + 30 * SECOND
    times = [NOON - 4 * MINUTE - 20 * SECOND, NOON - 2 * MINUTE, now - SECOND]
    world.arrive(project, [world.event(at, **world.plain()) for at in times], now)
    scheduler.make_due(NOON)
    on_arrival.judge_all(now)
    before = [row for row in seen() if row[0] == NOON + MINUTE]
    assert before == [(NOON + MINUTE, 0, "firing", 2, 3, False)]
    tick(NOON + MINUTE + 10 * SECOND)
    assert [row for row in seen() if row[0] == NOON + MINUTE] == before


def test_in_a_flood_what_is_critical_is_not_looked_at_again(project, place):
    world.rule()
    now = NOON + 30 * SECOND
    world.arrive(project, world.events(12, now, gap=1, **world.plain()), now)
    on_arrival.judge_all(now)
    world.arrive(project, world.events(12, now + SECOND, gap=1, **world.plain()), now + SECOND)
    with CaptureQueriesContext(connection) as captured:
        on_arrival.judge_all(now + SECOND)
    assert not [q for q in captured if "detections_event" in q["sql"]]
    assert Evaluation.objects.count() == 1


def test_a_late_event_opens_its_slot_again(project, place):
    world.rule()
    tick(NOON + 10 * SECOND)
    for minute in range(1, 20):
        tick(NOON + minute * MINUTE + 10 * SECOND)
    assert seen() == []
    now = NOON + 19 * MINUTE + 20 * SECOND
    world.arrive(project, world.events(3, NOON + 5 * MINUTE, **world.plain()), now)
    on_arrival.judge_all(now)
    rows = seen()
    # The slots whose windows hold the events, each marked late; the first of them tells.
    assert [row[0] for row in rows] == [NOON + i * MINUTE for i in range(5, 11)]
    assert {row[2:] for row in rows} == {("firing", 2, 3, True)}
    assert world.told()[0] == (NOON + 5 * MINUTE, "firing", 2)


def test_a_late_event_that_makes_a_slot_worse_is_a_revision(project, place):
    world.rule()
    scheduler.make_due(NOON - MINUTE)
    world.arrive(project, world.events(1, NOON, **world.plain()), NOON)
    tick(NOON + 10 * SECOND)
    now = NOON + 40 * SECOND
    world.arrive(project, world.events(2, NOON, gap=7, **world.plain()), now)
    on_arrival.judge_all(now)
    assert [row for row in seen() if row[0] == NOON] == [
        (NOON, 0, "firing", 1, 1, False),
        (NOON, 1, "firing", 2, 3, True),
    ]


def test_what_is_older_than_a_day_is_counted_but_judged_no_more(project):
    place = world.environment(project)
    world.week(place, ROUTE, NOON)
    world.covered(NOON, NOON + HOUR)
    rule = world.rule()
    world.learnt(rule, place, ROUTE, NOON)
    world.arrive(project, world.events(9, NOON, **world.plain()), NOON)
    tick(NOON + 10 * SECOND)
    before = Evaluation.objects.count()
    hour = NOON - 30 * HOUR
    cells = BaselineCell.objects.filter(scope__rule=rule)
    total = cells.get(hour=hour).total
    world.arrive(project, world.events(2, hour + 30 * MINUTE, **world.plain()), NOON + 20 * SECOND)
    on_arrival.judge_all(NOON + 20 * SECOND)
    assert Evaluation.objects.count() == before
    assert cells.get(hour=hour).total == total + 2 * 5


def test_the_newest_minutes_come_first(project, place):
    world.rule()
    old = [NOON - 30 * MINUTE + i * MINUTE for i in range(30)]
    now = NOON + 30 * SECOND
    world.arrive(project, [world.event(at, **world.plain()) for at in [*old, now - SECOND]], now)
    assert DirtySlot.objects.count() == 31
    on_arrival.judge_arrivals(now)
    assert (NOON + MINUTE) in [row[0] for row in seen()]
    assert DirtySlot.objects.count() == 31 - on_arrival.MINUTES_AT_ONCE


@pytest.fixture
def beta(project, place):
    """DET-BETA-003 with a checklist in prod that has the two items it waits for."""
    rule = world.beta()
    run = checklists.run(place.environment)
    checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend")
    checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")
    return rule, run


def test_signing_off_arms_and_what_is_there_fires(project, beta):
    rule, run = beta
    now = NOON + 30 * SECOND
    world.arrive(project, world.events(5, now, path=PREVIEW, gap=2), now)
    tick(now)
    mine = Evaluation.objects.filter(scope__rule=rule).order_by("revision")
    assert [(e.shadow, e.severity) for e in mine] == [(True, 3)]
    assert not Scope.objects.get(rule=rule).verdicts.exists()
    for item in Item.objects.all():
        checklists.act(run, item)
    tick(now + 10 * SECOND)
    assert [(e.shadow, e.severity) for e in mine.all()] == [(True, 3), (False, 3)]
    assert Scope.objects.get(rule=rule).verdicts.count() == 1
    tick(now + 15 * SECOND)
    assert mine.all().count() == 2


def test_a_rule_that_armed_is_judged_once(project, beta, monkeypatch):
    _, run = beta
    now = NOON + 30 * SECOND
    world.arrive(project, world.events(5, now, path=PREVIEW, gap=2), now)
    tick(now)
    for item in Item.objects.all():
        checklists.act(run, item)
    assert on_arrival.judge_newly_armed(now + SECOND) == 1
    requests = []
    monkeypatch.setattr(on_arrival, "evaluate", lambda *args: requests.append(args) or 0)
    for second in (2, 60, 120):
        assert on_arrival.judge_newly_armed(now + second * SECOND) == 0
    assert requests == []


@pytest.mark.parametrize("outcome", ["error", "no_data"])
def test_a_rule_that_armed_and_could_not_be_judged_waits_on(project, beta, outcome):
    _, run = beta
    now = NOON + 30 * SECOND
    world.arrive(project, world.events(5, now, path=PREVIEW, gap=2), now)
    tick(now)
    for item in Item.objects.all():
        checklists.act(run, item)
    fired = Evaluation.objects.get(shadow=True, outcome="firing")
    Evaluation.objects.create(
        scope=fired.scope,
        slot_end=fired.slot_end,
        revision=fired.revision + 1,
        version=fired.version,
        outcome=outcome,
        evaluated_at=now,
    )
    assert on_arrival.judge_newly_armed(now + SECOND) == 1


def test_arming_by_hand_sees_what_is_there(project, place):
    rule = world.rule(mode="draft")
    now = NOON + 30 * SECOND
    world.arrive(project, world.events(3, now, **world.plain()), now)
    on_arrival.judge_all(now)
    assert not Evaluation.objects.exists()
    Rule.objects.filter(pk=rule.pk).update(mode="active")
    assert on_arrival.judge_now(rule.identifier, now) == 1
    assert world.told() == [(NOON + MINUTE, "firing", 2)]
