"""Routes whose small numbers turn out to be ids: one baseline of all their counts, and no alert is orphaned."""

from __future__ import annotations

import pytest

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.follow_recounted import follow_recounted
from detections.alerts.models import Alert
from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox
from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hourly_baselines
from detections.rules.baseline.recount import link_and_recount
from detections.rules.models import Baseline, BaselineCell, Scope, Verdict
from detections.telemetry import queries
from detections.telemetry.models import Series
from detections.telemetry.places.numbered_place import NumberedPlace
from tests.at_once import race
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import MINUTE, NOON

CANONICAL = "/invoices/{id}"


def learn(place, at=NOON):
    """The place of invoices, as twenty of their numbers leave it."""
    NumberedPlace.objects.update_or_create(
        project=place.project,
        pattern=CANONICAL,
        defaults={"numbers": list(range(20)), "seen_at": at, "learned_at": at},
    )


def estimated(scope, hour=NOON):
    rules = {r.rule.id: r for r in rules_in_force()}
    hourly_baselines.estimate([scope], rules, environments(), hour)
    return Baseline.objects.get(scope=scope, source="sentry", hour=hour)


@pytest.mark.django_db
def test_the_baseline_of_the_canonical_route_is_that_of_all_its_counts():
    apart, whole = (world.environment(builders.project(slug)) for slug in ("apart", "whole"))
    rule = world.rule()
    for route in ("/invoices/3", "/invoices/7", CANONICAL):
        world.week(apart, route, NOON, per_minute=0.3)
        world.week(whole, CANONICAL, NOON, per_minute=0.3)
    scope, compared = (
        Scope.objects.create(rule=rule, project_environment=place, group_key=CANONICAL, created_at=NOON)
        for place in (apart, whole)
    )
    old = Scope.objects.create(rule=rule, project_environment=apart, group_key="/invoices/7", created_at=NOON)
    assert estimated(scope).mean == pytest.approx(estimated(old).mean)
    learn(apart)
    assert link_and_recount(NOON) == 2
    assert not BaselineCell.objects.filter(scope__in=[scope, old]).exists()
    after, expected = estimated(scope), estimated(compared)
    assert (after.mean, after.limit, after.data) == (expected.mean, expected.limit, expected.data)
    assert estimated(old).data["events"] == 0
    assert link_and_recount(NOON) == 0  # nothing is due


@pytest.mark.django_db
def test_a_number_seen_for_the_first_time_has_the_whole_past():
    place = world.environment(builders.project())
    rule = world.rule()
    for number in range(1, 21):
        world.week(place, f"/invoices/{number}", NOON, per_minute=0.02)
    learn(place)
    link_and_recount(NOON)
    scope = Scope.objects.create(rule=rule, project_environment=place, group_key=CANONICAL, created_at=NOON)
    found = estimated(scope)
    assert found.established
    assert found.mean == pytest.approx(20 * 0.02 * 5, rel=0.25)


@pytest.fixture
def numbered():
    """An open alert of the invoice 7; after it the numbers of invoices turn out to be ids."""
    raptor = builders.project()
    world.environment(raptor)
    world.rule()
    world.arrive(raptor, world.events(12, NOON, path="/invoices/7", **world.plain()), NOON)
    world.judge(NOON)
    consume(NOON)
    alert = Alert.objects.get()
    assert (alert.group_key, alert.resolved_at) == ("/invoices/7", None)
    assert follow_recounted(NOON) == 0
    later = NOON + MINUTE
    sent = [world.event(later, path=f"/invoices/{number}", **world.plain()) for number in range(1, 25)]
    world.arrive(raptor, sent, later)
    link_and_recount(later)
    return alert


@pytest.mark.django_db
def test_an_open_alert_of_a_number_goes_on_as_that_of_the_route(numbered):
    later = NOON + 2 * MINUTE
    before = numbered.scope
    world.judge(later)
    assert follow_recounted(later) == 1
    assert follow_recounted(later) == 0
    consume(later)
    alert = Alert.objects.get()
    assert (alert.pk, alert.group_key, alert.resolved_at) == (numbered.pk, CANONICAL, None)
    assert alert.count == 36  # also what was counted by number
    said = f"from /invoices/7: its route is counted as {CANONICAL} now: the numbers in it are ids."
    assert alert.log.get(kind="moved").why == said
    assert not Alert.objects.filter(scope=before).exists()
    assert alert.log.filter(kind="opened").count() == 1
    world.covered(NOON - 10 * MINUTE, NOON + 40 * MINUTE)
    for minute in range(3, 40):  # it ends by itself, as each alert does
        world.judge(NOON + minute * MINUTE)
        consume(NOON + minute * MINUTE)
    alert.refresh_from_db()
    assert (Alert.objects.count(), alert.status) == (1, Alert.Status.RESOLVED)


@pytest.mark.django_db
def test_an_open_alert_of_a_number_ends_where_the_route_alerts_already(numbered):
    later = NOON + 2 * MINUTE
    world.judge(later)
    consume(later)
    second = Alert.objects.exclude(pk=numbered.pk).get()
    assert second.group_key == CANONICAL
    assert follow_recounted(later) == 1
    assert follow_recounted(later) == 0
    numbered.refresh_from_db()
    assert numbered.status == Alert.Status.RESOLVED
    assert (
        numbered.resolution
        == f"its route is counted as {CANONICAL} now: the numbers in it are ids. What still fails alerts there"
    )
    assert numbered.log.last().why == numbered.resolution


@pytest.mark.django_db
@pytest.mark.parametrize("there_already", [False, True])
def test_what_was_judged_by_number_and_not_applied_opens_no_second_alert(there_already):
    raptor = builders.project()
    place = world.environment(raptor)
    world.rule()
    paths = ["/invoices/7", CANONICAL] if there_already else ["/invoices/7"]
    sent = [event for path in paths for event in world.events(12, NOON, path=path, **world.plain())]
    world.arrive(raptor, sent, NOON)
    world.judge(NOON)
    consume(NOON)
    later = NOON + MINUTE
    world.arrive(raptor, world.events(12, later, path="/invoices/7", **world.plain()), later)
    world.judge(later)
    waiting = Verdict.objects.filter(consumed_at=None, scope__group_key="/invoices/7", evaluation__outcome="firing")
    assert waiting.exists()
    learn(place)
    link_and_recount(later)
    assert follow_recounted(later) == 1
    consume(later)
    assert [alert.group_key for alert in Alert.objects.exclude(dedup_key=None)] == [CANONICAL]
    assert Alert.objects.count() == len(paths)
    assert not Verdict.objects.filter(consumed_at=None).exists()


@pytest.mark.django_db
def test_an_alert_of_a_rule_without_routes_goes_on():
    raptor = builders.project()
    world.environment(raptor)
    world.rule(group_by="none")
    world.arrive(raptor, world.events(12, NOON, path="/invoices/7", **world.plain()), NOON)
    world.judge(NOON)
    consume(NOON)
    learn(Series.objects.get().project_environment)
    link_and_recount(NOON)
    assert follow_recounted(NOON) == 0
    assert Alert.objects.get().resolved_at is None


@pytest.mark.django_db(transaction=True)
def test_two_digests_and_two_links_at_once_make_one_route():
    raptor = builders.project()
    place = world.environment(raptor)
    for number in range(1, 41):
        body = builders.envelope(("event", world.event(NOON, path=f"/invoices/{number}")))
        builders.inbox(raptor, body)
    ids = list(Inbox.objects.values_list("pk", flat=True))
    race(lambda half: digest_batch(NOON, ids[half::2]), 2)
    while digest_batch(NOON):
        pass
    assert all(isinstance(number, int) for number in race(lambda _: link_and_recount(NOON), 2))
    link_and_recount(NOON + 2 * MINUTE)
    totals = queries.totals([raptor.pk], NOON - MINUTE, NOON + MINUTE)
    one = Series.objects.get(project_environment=place, route=CANONICAL)
    assert totals == {one.pk: 40}


@pytest.mark.django_db
def test_scopes_of_a_rule_that_selects_by_the_url_path_are_counted_anew():
    place = world.environment(builders.project())
    rule = world.rule(selector={"sources": [{"source": "sentry"}], "route": "/shop/*"})
    world.week(place, "/invoices/7", NOON, per_minute=0.3)
    Series.objects.update(url_path="/shop/invoices/7")
    for pattern in (CANONICAL, f"/shop{CANONICAL}"):
        NumberedPlace.objects.create(
            project=place.project, pattern=pattern, numbers=[*range(20)], seen_at=NOON, learned_at=NOON
        )
    scopes = [
        Scope.objects.create(rule=rule, project_environment=place, group_key=route, created_at=NOON, cells_until=NOON)
        for route in ("/invoices/7", CANONICAL)
    ]
    assert link_and_recount(NOON) == 2
    assert not Scope.objects.filter(pk__in=[scope.pk for scope in scopes], cells_until__isnull=False).exists()
