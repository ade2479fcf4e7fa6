"""One slot: from counts and events to evaluations, evidence and verdicts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.rules.evaluation import refresh_baselines
from detections.rules.evidence.exceedance import ExceedanceEvidence
from detections.rules.lifecycle import publish
from detections.rules.lifecycle.mute import mute
from detections.rules.models import Baseline, Evaluation, Evidence, Rule, RuleVersion, Scope, Verdict
from detections.rules.spec.schema import decode, encode
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON, PREVIEW, ROUTE

pytestmark = pytest.mark.django_db

SLOT = NOON + 6 * MINUTE
SECOND = timedelta(seconds=1)


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def place(project):
    world.covered(NOON - HOUR, NOON + 2 * HOUR)
    return world.environment(project, since=NOON - HOUR)


@pytest.fixture
def settled(project):
    """A place with a covered week behind it, in which ROUTE had an error every ten minutes."""
    place = world.environment(project)
    world.week(place, ROUTE, NOON)
    world.covered(NOON, NOON + 2 * HOUR)
    return place


def test_seed_000s_floors_before_the_baseline(project, place):
    world.rule()
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    found = world.newest()
    assert (found.outcome, found.severity, found.count, found.limit) == ("firing", 2, 3, 1)
    assert found.evidence.sentence.startswith("3 errors in 5 minutes. Baseline: not estimated yet; fires from 1 while")
    assert len(found.evidence.data["events"]) == 3
    assert world.told() == [(SLOT, "firing", 2)]
    assert (found.scope.group_key, found.scope.project_environment) == (ROUTE, place)


def test_a_floor_is_reached_across_minutes(project, place):
    """Three within five minutes that no window of whole minutes holds: each sees two."""
    world.rule()
    times = (SLOT - 5 * MINUTE - 20 * SECOND, SLOT - 2 * MINUTE, SLOT - 25 * SECOND)
    world.arrive(project, [world.event(at, **world.plain()) for at in times], SLOT)
    world.judge(SLOT)
    found = world.newest()
    assert (found.severity, found.count) == (2, 3)
    assert (found.evidence.data["count"], found.evidence.data["busiest"]) == (2, 3)


def test_beta_is_one_scope_for_the_prefix_with_cause_and_owner(project, place):
    world.beta()
    paths = [f"/api/beta/preview/synth-scraper-token-00{i}/screen/{i}" for i in range(1, 6)]
    for i, path in enumerate(paths):
        world.arrive(project, [world.event(SLOT - (i * 30 + 1) * SECOND, path=path)], SLOT)
    world.judge(SLOT)
    scope = Scope.objects.get(rule__identifier="DET-BETA-003")
    data = world.newest(scope).evidence.data
    assert scope.group_key == "/api/beta/preview/*"
    assert (data["severity"], data["busiest"]) == (3, 5)
    assert (data["cause"], data["owner"]) == ("INTERNAL_API_SECRET mismatch", "sre-agent")
    assert data["reasons"][0].startswith("signature")
    assert Scope.objects.filter(rule__identifier="DET-OPS-002").count() == 5


def test_dormant_is_shadow_and_alerts_hear_nothing(project, place):
    world.beta()
    world.arrive(project, world.events(5, SLOT, path=PREVIEW), SLOT)
    world.judge(SLOT, only=None)
    beta = Evaluation.objects.get(scope__rule__identifier="DET-BETA-003")
    assert (beta.shadow, beta.severity, beta.evidence.data["shadow"]) == (True, 3, True)
    assert not Verdict.objects.filter(scope__rule__identifier="DET-BETA-003").exists()


@pytest.mark.parametrize(("mode", "rows", "verdicts"), [("shadow", 1, 0), ("draft", 0, 0), ("retired", 0, 0)])
def test_modes_that_are_not_armed(project, place, mode, rows, verdicts):
    world.rule(mode=mode)
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert (Evaluation.objects.count(), Verdict.objects.count()) == (rows, verdicts)


def test_a_muted_rule_is_judged_like_an_active_one(project, place):
    mute(world.rule(), NOON, HOUR, reason="tuning")
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert (Verdict.objects.count(), Evaluation.objects.get().shadow) == (1, False)


@pytest.mark.parametrize(
    "selector",
    [
        {"project": "other"},
        {"environment": "staging"},
        {"route": "/api/beta/*"},
        {"levels": ["fatal"]},
        {"exception_type": "KeyError"},
        {"message_contains": "database connection"},
        {"tags": {"component": "solver"}},
    ],
)
def test_what_the_selector_leaves_out(project, place, selector):
    world.rule(selector={"sources": [{"source": "sentry"}], **selector})
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert not Scope.objects.exists()


@pytest.mark.parametrize(
    ("selector", "fields"),
    [
        ({"project": "raptor", "environment": "prod", "route": "/api/orders/*"}, {}),
        ({"levels": ["fatal"]}, {"level": "fatal"}),
        ({"levels": ["warning", "info", "debug"]}, {"level": "warning"}),
        ({"exception_type": "ValueError"}, {}),
        ({"message_contains": "must be positive"}, {}),
        ({"tags": {"component": "solver"}}, {"tags": {"component": "solver", "x": "y"}}),
        ({"status_class": "5xx"}, {"exception": {"values": [{"type": "E", "mechanism": {"handled": False}}]}}),
    ],
)
@pytest.mark.parametrize("group", ["route", "none"])
def test_what_the_selector_takes(project, place, selector, fields, group):
    world.rule(selector={"sources": [{"source": "sentry"}], **selector}, group_by=group)
    world.arrive(project, world.events(3, SLOT, **{**world.plain(), **fields}), SLOT)
    world.judge(SLOT)
    assert (world.newest().count, world.newest().severity) == (3, 2)
    assert Scope.objects.get().group_key == {"route": ROUTE, "none": ""}[group]


def test_grouped_by_issue(project, place):
    world.rule(group_by="issue")
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.arrive(project, world.events(1, SLOT, path="/api/other", exception={"values": [{"type": "KeyError"}]}), SLOT)
    world.judge(SLOT)
    found = Evaluation.objects.order_by("-severity").values_list("severity", "count")
    assert list(found) == [(2, 3), (1, 1)]


def test_a_quiet_scope_is_told_until_it_settled_and_then_leaves_no_rows(project, place):
    world.rule()
    world.arrive(project, world.events(1, SLOT, **world.plain()), SLOT)
    for i in range(50):
        world.judge(SLOT + i * MINUTE)
    told = world.told()
    firing = [slot for slot, outcome, _ in told if outcome == "firing"]
    # The event is in the sliding windows of six minutes; then 5 minutes of keep_firing and 20 to settle.
    assert firing == [SLOT + i * MINUTE for i in range(6)]
    assert [slot for slot, *_ in told] == [SLOT + i * MINUTE for i in range(6 + 25)]
    assert Evaluation.objects.count() == len(told)


def test_no_coverage_is_no_data_and_puts_settling_off(project, place):
    world.rule()
    world.arrive(project, world.events(1, SLOT, **world.plain()), SLOT)
    gap = NOON + 2 * HOUR + 20 * MINUTE
    world.covered(gap, gap + HOUR)
    world.judge(SLOT)
    scope = Scope.objects.get()
    Scope.objects.update(settling_until=NOON + 2 * HOUR + 10 * MINUTE)
    world.judge(NOON + 2 * HOUR + 2 * MINUTE)
    found = world.newest(scope)
    assert (found.outcome, found.detail) == ("no_data", "sentry was not covered for 2 of 5 minutes")
    scope.refresh_from_db()
    assert scope.settling_until == NOON + 2 * HOUR + 11 * MINUTE
    assert world.told()[-1][1] == "no_data"


def test_events_fire_even_where_minutes_are_not_covered(project):
    world.environment(project, since=NOON)
    world.rule()
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert world.newest().outcome == "firing"


def test_after_a_week_the_band_decides(project, settled):
    """0.5 usual in five minutes: three are no trigger, nine are."""
    rule = world.rule()
    world.learnt(rule, settled, ROUTE, NOON)
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert not Evaluation.objects.exists()
    estimate = Baseline.objects.get(scope__rule=rule, source="sentry")
    assert estimate.established
    assert estimate.mean == pytest.approx(0.5, rel=0.3)
    world.arrive(project, world.events(6, SLOT + MINUTE, **world.plain()), SLOT + MINUTE)
    world.judge(SLOT + MINUTE)
    found = world.newest()
    assert (found.severity, found.count, found.limit) == (2, 9, estimate.limit)
    record = ExceedanceEvidence.read(found.evidence.data)
    assert record.recompute() == record.p
    assert record.p < 1e-5
    assert "where 0.4 are usual" in found.evidence.sentence


def test_after_a_silent_week_floors_decide_as_before_it(project, settled):
    rule = world.rule()
    world.learnt(rule, settled, "/api/quiet", NOON)
    world.arrive(project, world.events(3, SLOT, path="/api/quiet", **world.plain()), SLOT)
    world.judge(SLOT)
    estimate = Baseline.objects.get(scope__rule=rule, scope__group_key="/api/quiet", source="sentry")
    assert (estimate.established, estimate.data["events"], estimate.data["high"]) == (True, 0, 4)
    found = world.newest()
    assert (found.severity, found.limit, found.evidence.data["reasons"][0]) == (2, 1, "floor 3")


def test_judging_estimates_nothing_and_floors_decide_meanwhile(project, settled):
    """A route that is seen for the first time: its evidence says that there is no baseline yet."""
    rule = world.rule()
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert not Baseline.objects.exists()
    found = world.newest()
    assert (found.severity, found.limit, found.evidence.data["baseline"]) == (2, 1, None)
    assert "Baseline: not estimated yet; fires from 1 while it is learnt" in found.evidence.sentence
    world.learnt(rule, settled, ROUTE, SLOT)
    world.judge(SLOT + MINUTE)
    assert (world.newest().outcome, world.newest().limit) == ("clear", Baseline.objects.get().limit)


def test_until_an_hour_is_estimated_the_one_before_is_judged_by(project, settled):
    scope = world.learnt(world.rule(), settled, ROUTE, NOON)
    later = NOON + HOUR + MINUTE
    world.arrive(project, world.events(9, later, **world.plain()), later)
    world.judge(later)
    figures = world.newest(scope).evidence.data["baseline"]
    assert (figures["established"], figures["hour"]) == (True, "2026-06-12T12:00:00Z")
    assert Baseline.objects.count() == 1


@pytest.mark.parametrize(("change", "counts"), [({"k": 4}, True), ({"window_minutes": 10}, False)])
def test_a_baseline_of_an_earlier_version_holds_while_the_same_is_counted(project, settled, change, counts):
    rule = world.rule()
    scope = world.learnt(rule, settled, ROUTE, NOON)
    spec = encode(decode(rule.current.spec))
    spec["conditions"][0] |= change
    publish.publish(rule.identifier, decode(spec), now=NOON, reason="tuned")
    world.arrive(project, world.events(9, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert (world.newest(scope).evidence.data["baseline"] is not None) is counts
    world.learnt(rule, settled, ROUTE, NOON)
    assert Baseline.objects.get().version == Rule.objects.get(pk=rule.pk).current


def test_beta_keeps_its_floors_after_a_week(project, settled):
    world.week(settled, PREVIEW.replace("synth-scraper-token-001", "{token}"), NOON, 0.001)
    world.learnt(world.beta(), settled, "/api/beta/preview/*", NOON)
    world.arrive(project, world.events(1, SLOT, path=PREVIEW, **world.plain()), SLOT)
    world.judge(SLOT)
    found = Evaluation.objects.get(scope__rule__identifier="DET-BETA-003")
    assert (found.severity, found.limit) == (1, 1)
    assert found.evidence.data["baseline"]["established"]


def test_the_same_slot_twice_writes_nothing_new(project, place):
    world.rule()
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    assert world.judge(SLOT) == 1
    before = (list(Evaluation.objects.values()), list(Evidence.objects.values()), world.told())
    assert world.judge(SLOT) == 0
    assert (list(Evaluation.objects.values()), list(Evidence.objects.values()), world.told()) == before


def test_an_edit_does_not_take_back_what_the_slot_saw(project, place):
    rule = world.rule()
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    milder = encode(decode(rule.current.spec))
    milder["conditions"][0]["floors"] = {"medium": None, "high": 50, "critical": 100}
    publish.publish(rule.identifier, decode(milder), now=SLOT, reason="quieter")
    world.judge(SLOT)
    assert Evaluation.objects.count() == 1
    world.judge(SLOT + MINUTE)
    assert (world.newest().outcome, world.newest().version.number) == ("clear", 2)


def test_a_scope_that_cannot_be_judged_is_an_error_of_its_own(project, settled):
    rule, other = world.rule(), "/api/other"
    world.week(settled, other, NOON)
    for path in (ROUTE, other):
        world.learnt(rule, settled, path, NOON)
        world.arrive(project, world.events(10, SLOT, path=path, **world.plain()), SLOT)
    world.judge(SLOT)
    Baseline.objects.filter(scope__group_key=ROUTE).update(data={})
    world.judge(SLOT + MINUTE)
    found = {e.scope.group_key: e for e in Evaluation.objects.filter(slot_end=SLOT + MINUTE)}
    assert (found[ROUTE].outcome, found[ROUTE].detail) == ("error", "KeyError: 'exceed'")
    assert found[other].outcome == "firing"
    assert (SLOT + MINUTE, "error", None) in world.told()


def test_a_rule_that_cannot_be_read_does_not_stop_the_others(project, place):
    broken = world.rule("R-2")
    version = RuleVersion.objects.create(rule=broken, number=2, spec={"title": 3}, created_at=NOON)
    Rule.objects.filter(pk=broken.pk).update(current=version)
    world.rule("R-1")
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT)
    world.judge(SLOT)
    assert Evaluation.objects.get().scope.rule.identifier == "R-1"


@pytest.mark.slow
def test_queries_do_not_grow_with_scopes(project, settled):
    world.rule("R-1", group_by="route")
    world.rule("R-2", group_by="none", selector={"sources": [{"source": "sentry"}], "project": "raptor"})

    def queries(paths, end):
        for path in paths:
            world.arrive(project, world.events(3, end, path=path, **world.plain()), end)
        with CaptureQueriesContext(connection) as captured:
            world.judge(end)
        return len(captured)

    queries(["/first"], SLOT)
    few = queries(["/a"], SLOT + HOUR)
    many = queries([f"/b/x{chr(97 + i % 26)}{i // 26}" for i in range(50)], SLOT + 2 * HOUR)
    assert Scope.objects.count() == 53
    assert many == few
    assert few <= 20  # new scopes are created and read
    refresh_baselines.refresh_all(lambda: SLOT + 2 * HOUR, HOUR)
    assert queries(["/a"], SLOT + 2 * HOUR + MINUTE) <= 18  # with baselines
