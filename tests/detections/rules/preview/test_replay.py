"""The preview says what the judge said: stored counts judged slot by slot, and replayed at once."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from detections.rules.evaluation import refresh_baselines
from detections.rules.models import Evaluation, Rule, Scope
from detections.rules.preview.replay import Replay, unsaved
from detections.rules.preview.slots import FIRING, NO_DATA
from detections.rules.preview.span import PreviewSpan
from detections.telemetry.models import Issue
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON, ROUTE

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
OTHER = "/api/other"
MANY = 50_000


def judged(
    rule: Rule, span: PreviewSpan, keys: list[tuple[object, str]]
) -> dict[tuple[str, int], tuple[int, int | None]]:
    """The engine's own judging, a slot after the other; by group and slot severity and limit of what fired."""
    for place, group in keys:
        Scope.objects.get_or_create(
            rule=rule, project_environment=place, group_key=group, defaults={"created_at": span.start}
        )
    for slot in range(span.slots):
        end = span.slot_end(slot)
        if slot == 0 or (end - MINUTE).minute == 0:
            refresh_baselines.refresh_all(lambda at=end - MINUTE: at, HOUR)
        world.judge(end)
    rows = Evaluation.objects.filter(scope__rule=rule, outcome="firing").order_by("revision")
    return {
        (row.scope.group_key, (row.slot_end - span.start) // MINUTE - 1): (row.severity, row.limit)
        for row in rows.select_related("scope")
    }


def previewed(rule: Rule, span: PreviewSpan, most: int = MANY) -> dict[tuple[str, int], tuple[int, int | None]]:
    """The same by the preview, of the rule's current version as if it were not saved."""
    found = Replay(unsaved(rule.current.decoded), span, span.end, most)
    replays = [each for chunk in found.scopes(1000) for each in chunk]
    return {
        (each.key.group_key, slot): (each.judged.at(slot).severity, each.judged.at(slot).limit)
        for each in replays
        for slot in np.flatnonzero(each.judged.outcome == FIRING).tolist()
    }


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def settled(project):
    """A covered week with some errors on ROUTE, and two hours more."""
    place = world.environment(project)
    world.week(place, ROUTE, NOON)
    world.covered(NOON, NOON + 3 * HOUR)
    return place


def bursts(project, start, *, seed: int, number: int = 50, **fields) -> None:
    """Errors at random seconds on two routes: bursts among single ones."""
    rng = np.random.default_rng(seed)
    seconds = rng.choice([0, 500, 1400, 1405, 2000], number) * 1.0 + rng.exponential(90, number)
    routes = [ROUTE if n else OTHER for n in rng.integers(0, 3, number)]
    sent = [
        world.event(start + timedelta(seconds=float(when)), path=path, **(fields or world.plain()))
        for when, path in zip(seconds.round(3), routes, strict=True)
    ]
    world.arrive(project, sent, start + HOUR)


CONDITIONS = {
    "floors": {"kind": "exceedance", "floors": {"medium": 2, "high": 4, "critical": 9}, "floor_mode": "always"},
    "nb_tail": {"kind": "exceedance"},
    "mu_plus_k_sigma": {"kind": "exceedance", "method": "mu_plus_k_sigma", "floor_mode": "always"},
    "poisson_ten_minutes": {"kind": "exceedance", "method": "poisson_tail", "window_minutes": 10},
    "budget": {"kind": "exceedance", "alarms_per_week": 5},
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("group", ["route", "none"])
def test_counts_of_series(project, settled, condition, group):
    rule = world.rule(conditions=[condition], group_by=group)
    bursts(project, NOON, seed=3)
    span = PreviewSpan(NOON, NOON + 45 * MINUTE)
    groups = [ROUTE, OTHER] if group == "route" else [""]
    said = previewed(rule, span)
    assert said == judged(rule, span, [(settled, each) for each in groups])
    assert len(said) > 5


def test_a_young_history_is_judged_by_floors(project):
    place = world.environment(project, since=NOON - 3 * 24 * HOUR)
    world.covered(NOON - 3 * 24 * HOUR, NOON + 2 * HOUR)
    rule = world.rule()
    bursts(project, NOON, seed=5)
    span = PreviewSpan(NOON, NOON + 45 * MINUTE)
    said = previewed(rule, span)
    assert said == judged(rule, span, [(place, ROUTE), (place, OTHER)])
    assert {severity for severity, _ in said.values()} == {1, 2, 3}


def test_grouped_by_issue(project, settled):
    rule = world.rule(group_by="issue", conditions=[{"kind": "exceedance", "floors": {"medium": None, "high": 3}}])
    bursts(project, NOON, seed=7)
    bursts(project, NOON, seed=8, exception={"values": [{"type": "KeyError", "value": "x"}]})
    span = PreviewSpan(NOON, NOON + 45 * MINUTE)
    said = previewed(rule, span)
    issues = [str(pk) for pk in Issue.objects.values_list("pk", flat=True)]
    assert said == judged(rule, span, [(settled, issue) for issue in issues])
    assert len({group for group, _ in said}) > 1


@pytest.mark.parametrize(
    "selector", [{"exception_type": "ValueError"}, {"message_contains": "positive"}, {"levels": ["error"]}]
)
def test_selectors_that_read_events(project, settled, selector):
    rule = world.rule(selector={"sources": [{"source": "sentry"}], **selector})
    bursts(project, NOON, seed=7)
    bursts(project, NOON, seed=8, exception={"values": [{"type": "KeyError", "value": "x"}]})
    span = PreviewSpan(NOON, NOON + 45 * MINUTE)
    said = previewed(rule, span)
    assert said == judged(rule, span, [(settled, ROUTE), (settled, OTHER)])
    assert said


SIGNATURES = [
    {"name": "twice", "cause": "c", "owner": "o", "message": "403", "times": 2, "minutes": 3, "severity": "critical"},
    {"name": "named", "cause": "d", "owner": "o", "exception": "^Value.*", "syntax": "regex", "minutes": 1},
    {"name": "unreported", "cause": "e", "owner": "o", "unreported": True, "times": 3, "severity": "high"},
]


def test_signatures(project, settled):
    rule = world.rule(signatures=SIGNATURES, selector={"sources": [{"source": "sentry"}, {"source": "router"}]})
    bursts(project, NOON, seed=7)
    bursts(project, NOON, seed=9, number=15, exception={"values": [{"type": "KeyError", "value": "was 403"}]})
    world.covered(NOON - 24 * HOUR, NOON + 2 * HOUR, "router")
    world.count(settled, "/api/silent", {NOON + i * MINUTE: 2 for i in (3, 4, 30)}, "router")
    world.count(settled, ROUTE, {NOON + i * MINUTE: 2 for i in range(60)}, "router")
    span = PreviewSpan(NOON, NOON + 45 * MINUTE)
    said = previewed(rule, span)
    assert said == judged(rule, span, [(settled, each) for each in (ROUTE, OTHER, "/api/silent")])
    assert ("/api/silent", 4) in said


def test_minutes_without_coverage_are_no_data(project, settled):
    gap = NOON + 3 * HOUR
    world.covered(gap + 10 * MINUTE, gap + HOUR)
    rule = world.rule()
    world.count(settled, ROUTE, {gap - 30 * MINUTE: 1})
    found = Replay(unsaved(rule.current.decoded), PreviewSpan(gap - HOUR, gap + HOUR), gap + HOUR, MANY)
    (replay,) = next(found.scopes(10))
    assert np.flatnonzero(replay.judged.outcome == NO_DATA).tolist() == list(range(60, 60 + 14))
