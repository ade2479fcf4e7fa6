"""Large previews: whose there are at once, what counts that come meanwhile change, and what another chart costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.dashboard.rule_preview import jobs, run
from detections.rules.preview.replay import Replay
from detections.telemetry.models import Issue
from opsconsole.lib import clock, redis
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, ROUTE

pytestmark = pytest.mark.django_db

SIGNATURE = {"name": "s", "cause": "c", "owner": "o", "message": "quantity", "severity": "high"}


@pytest.fixture
def now():
    return clock.floor_minute(clock.now()) + 30 * timedelta(seconds=1)


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def place(project, now):
    """A covered day with three routes, one of them with a burst an hour ago."""
    at = world.environment(project, since=now - 24 * HOUR)
    end = clock.floor_minute(now)
    world.covered(end - 24 * HOUR, end)
    for number, route in enumerate((ROUTE, "/api/b", "/api/c")):
        world.count(at, route, {end - HOUR: 30 - number})
    return at


@pytest.fixture
def sent(monkeypatch):
    """What the tasks are asked for; each turn of one judges one scope."""
    found = []
    monkeypatch.setattr(jobs, "send", found.append)
    monkeypatch.setattr(run, "AT_ONCE", 1)
    yield found
    for key in redis.client().scan_iter("opsconsole:preview:*"):
        redis.client().delete(key)


@pytest.fixture
def rule():
    return world.rule(now=clock.now())


def turn(name, now):
    return jobs.work(name, now, lambda: False)


def test_previews_of_several_rules_go_on_side_by_side(place, rule, now, sent):
    other = world.rule("R-2", now=clock.now())
    new = run.asked(rule.current.decoded, None, now)
    names = [jobs.start(1, each) for each in (run.asked(rule.current.decoded, rule, now), new)]
    names.append(jobs.start(1, run.asked(other.current.decoded, other, now)))
    for name in names:
        while turn(name, now):
            pass
    assert [jobs.find(name, 1).outcome.judged for name in names] == [3, 3, 3]


def test_a_route_of_the_running_minute_ends_it_all_the_same(place, rule, now, sent):
    world.count(place, "/api/brand-new", {clock.floor_minute(now): 50})
    name = jobs.start(1, run.asked(rule.current.decoded, rule, now))
    turns = [turn(name, now) for _ in range(5)]
    assert turns == [True, True, True, False, False]
    found = jobs.find(name, 1)
    assert (found.done, found.outcome.number) == (True, 3)


def test_counts_that_come_meanwhile_skip_no_scope(place, rule, now, sent):
    name = jobs.start(1, run.asked(rule.current.decoded, rule, now))
    assert turn(name, now)
    world.count(place, "/api/c", {clock.floor_minute(now) - 2 * HOUR: 90})
    while turn(name, now):
        pass
    assert sorted(row.group for row in jobs.find(name, 1).outcome.rows) == ["/api/b", "/api/c", ROUTE]


def test_another_chart_is_all_that_another_chart_takes(place, rule, now, sent, monkeypatch):
    first = jobs.start(1, run.asked(rule.current.decoded, rule, now))
    while turn(first, now):
        pass
    outcome = jobs.find(first, 1).outcome
    wanted = next(row.scope for row in outcome.rows if row.scope != outcome.charted)
    judged = []
    whole = Replay.judge
    monkeypatch.setattr(Replay, "judge", lambda self, keys, **more: judged.append(keys) or whole(self, keys, **more))
    second = jobs.start(1, run.asked(rule.current.decoded, rule, now + MINUTE, scope=wanted))
    assert second != first
    assert not turn(second, now)
    shown = jobs.find(second, 1).outcome
    assert (shown.charted, shown.number, shown.end) == (wanted, outcome.number, outcome.end)
    assert [len(keys) for keys in judged] == [1]


def test_a_waiting_one_is_sent_once(place, rule, now, sent):
    name = jobs.start(1, run.asked(rule.current.decoded, rule, now))
    for _ in range(3):
        jobs.find(name, 1)
    assert sent == [name]
    redis.client().delete(jobs._sent(name))
    jobs.find(name, 1)
    assert sent == [name, name]


def test_events_of_all_turns_are_counted(project, place, now, sent):
    """Each scope's own newest events are read, whatever those before it took."""
    start = clock.floor_minute(now) - 3 * HOUR
    for path in (ROUTE, "/api/b", "/api/c"):
        world.arrive(
            project, [world.event(start + n * MINUTE, path=path, **world.plain("quantity 7")) for n in range(4)], now
        )
    rule = world.rule("R-5", now=clock.now(), signatures=[SIGNATURE])
    name = jobs.start(1, run.asked(rule.current.decoded, rule, now))
    while turn(name, now):
        pass
    assert jobs.find(name, 1).outcome.events_read == 12


def test_what_is_raised_stays_with_the_job_until_it_is_asked_for_again(place, rule, now, sent, monkeypatch):
    asked = run.asked(rule.current.decoded, rule, now)
    name = jobs.start(1, asked)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "go_on", lambda *args: 1 / 0)
        with pytest.raises(ArithmeticError):
            turn(name, now)
    assert jobs.find(name, 1).failed == "ZeroDivisionError: division by zero"
    redis.client().delete(jobs._sent(name))
    assert not turn(name, now)
    jobs.find(name, 1)
    jobs.again(name, 2)
    assert sent == [name]  # nobody goes on with it, and nobody else asks again
    jobs.again(name, 1)
    assert sent == [name, name]
    while turn(name, now):
        pass
    assert (jobs.find(name, 1).failed, jobs.find(name, 1).outcome.judged) == ("", 3)


def test_issues_are_called_by_their_titles(project, now):
    place = world.environment(project, since=now - 24 * HOUR)
    world.covered(clock.floor_minute(now) - 24 * HOUR, clock.floor_minute(now))
    start = clock.floor_minute(now) - 3 * HOUR
    events = [world.event(start + n * MINUTE, path=ROUTE, **world.plain("quantity 7")) for n in range(6)]
    world.arrive(project, events, now)
    issue = Issue.objects.get()
    rule = world.rule(
        now=clock.now(),
        group_by="issue",
        conditions=[{"kind": "exceedance", "floors": {"medium": None, "high": 3}}],
    )
    outcome = run.at_once(run.asked(rule.current.decoded, rule, now), now)
    called = f"{issue.title} (issue {issue.pk})"
    assert {row.group for row in outcome.rows} == {alert.group for alert in outcome.fired} == {called}
    assert (outcome.charted, called in outcome.chart.title) == (f"{place.pk}:{issue.pk}", True)
