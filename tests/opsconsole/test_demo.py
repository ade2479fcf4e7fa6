"""The demo: realistic traffic, marked rows, complete removal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import sentry_sdk
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count

from bootstrap.systems.models import System
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.shared_alert import OWN_ALERTS
from detections.alerts.models import Alert, AlertMember
from detections.incidents.record.links import LinkDraft, add_link
from detections.ingest.models import DirtySlot
from detections.rules.models import Baseline, Scope
from detections.telemetry import queries
from detections.telemetry.count_models import Coverage, MinuteCount
from detections.telemetry.models import Event, Project, ProjectEnvironment, Series
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.demo import backfill as history
from opsconsole.demo.catalogue import PROJECTS, rate_at, spike_rate
from opsconsole.demo.faults import FAULTS
from opsconsole.demo.projects import ensure_projects
from opsconsole.demo.remove import remove_demo
from opsconsole.demo.traffic import SPIKE_DURATION, SPIKE_INTERVAL, Sender, due, poisson, send_forever, spiking
from opsconsole.lib.clock import floor_minute
from tests.detections.alerts.factories import judge, make_rule, make_scope
from tests.detections.incidents.factories import make_incident

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
ROUTES = [route for project in PROJECTS for route in project.routes]


def test_a_dozen_routes_of_two_projects_each_with_a_fault_of_its_own() -> None:
    assert len(PROJECTS) == 2
    assert len(ROUTES) == 12
    assert {route.fault for route in ROUTES} == set(FAULTS)


def test_the_day_curve_keeps_the_daily_mean() -> None:
    for route in ROUTES:
        day = [rate_at(route, NOW + timedelta(minutes=m)) for m in range(0, 24 * 60, 5)]
        assert sum(day) / len(day) == pytest.approx(route.per_minute, rel=0.01)
        assert min(day) > 0
        assert spike_rate(route) > 5 * max(day)


def test_a_spike_every_few_minutes_and_quiet_between() -> None:
    assert spiking(NOW, NOW + timedelta(seconds=30), 1) is None
    turns = [NOW + SPIKE_INTERVAL * turn for turn in range(1, 9)]
    spikes = [spiking(NOW, turn, 1) for turn in turns]
    assert all(spikes)
    assert len(set(spikes)) > 1
    assert [spiking(NOW, turn + SPIKE_DURATION - timedelta(seconds=1), 1) for turn in turns] == spikes
    assert [spiking(NOW, turn + SPIKE_DURATION, 1) for turn in turns] == [None] * 8


def test_draws_have_the_mean_they_should() -> None:
    draws = [poisson(Random(i), 2.5) for i in range(4000)]
    assert sum(draws) / len(draws) == pytest.approx(2.5, abs=0.1)


class Kept(sentry_sdk.Transport):
    """The SDK's own seam for where envelopes go; here they stay."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict] = []  # type: ignore[type-arg]

    def capture_envelope(self, envelope: sentry_sdk.envelope.Envelope) -> None:
        event = envelope.get_event()
        assert event is not None
        self.events.append(dict(event))


def test_each_route_reports_as_an_instrumented_application_would() -> None:
    kept = Kept()
    for project in PROJECTS:
        sender = Sender.of(project, "http://key@127.0.0.1:9/1", transport=kept)
        for route in project.routes:
            kept.events.clear()
            sender.fail(route, Random(3))
            (event,) = kept.events
            assert event["transaction"] == f"{route.method} {route.path}"
            assert event["environment"] == "production"
            assert event["release"] == project.release
            assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
            assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"] is not None
            assert event["request"]["method"] == route.method


def test_a_spiking_route_fails_more_than_all_others() -> None:
    senders = [Sender.of(project, "http://key@127.0.0.1:9/1", transport=Kept()) for project in PROJECTS]
    spike = ROUTES[3]
    failed = [route for _, route in due(senders, NOW, timedelta(minutes=1), spike, Random(1))]
    assert failed.count(spike) > len(failed) / 2


def test_traffic_ends_when_the_demo_is_gone() -> None:
    moments = iter(NOW + timedelta(seconds=second) for second in range(100))
    answers = iter([True, True, False])
    send_forever([], 1, lambda: next(moments), lambda _: None, [].append, lambda: next(answers))
    assert next(moments) == NOW + timedelta(seconds=7)  # asked at 2, 4 and 6 s


@pytest.mark.django_db
def test_history_is_counted_and_covered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", timedelta(days=2))
    ensure_projects()
    lines = list(history.backfill(NOW, Random(1)))
    assert lines[0] == "demo-shop: history of day 1 of 2"
    assert Coverage.objects.filter(project__demo=True).count() == 2 * 2 * 24 * 60
    assert ProjectEnvironment.objects.get(project__slug="demo-shop").environment is not None
    errors = sum(MinuteCount.objects.filter(project__slug="demo-shop").values_list("n", flat=True))
    assert errors == pytest.approx(sum(r.per_minute for r in PROJECTS[0].routes) * 2 * 24 * 60, rel=0.1)
    for series in Series.objects.filter(project__slug="demo-shop"):
        assert floor_minute(series.last_seen) == series.minutes.order_by("-minute")[0].minute
    assert list(history.backfill(NOW, Random(1))) == ["demo-shop: history exists", "demo-planner: history exists"]


@pytest.mark.django_db
def test_counts_events_issues_and_users_of_the_history_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", timedelta(days=1))
    ensure_projects()
    list(history.backfill(NOW, Random(1)))
    shop = Project.objects.get(slug="demo-shop")
    counted = queries.totals([shop.pk], NOW - timedelta(days=1), NOW)
    stored = Event.objects.filter(project=shop).values_list("series").annotate(n=Count("pk"))
    assert dict(stored) == counted
    assert {Series.objects.get(pk=pk).route for pk in counted} <= {route.path for route in PROJECTS[0].routes}
    assert sum(issue.events for issue in shop.issues.all()) == sum(counted.values())
    assert all(0 < issue.users <= 40 for issue in shop.issues.filter(events__gt=5))
    for series in Series.objects.filter(pk__in=counted):
        shown = queries.route_events([series.pk], series.project_environment_id, NOW - timedelta(days=1))
        assert shown.events == counted[series.pk] == sum(n for _, n in shown.issues)
        assert [share.value for share in shown.releases] == [PROJECTS[0].release]
    assert not Event.objects.filter(body=None).exists()
    assert max(Event.objects.values_list("occurred_at", flat=True)) <= NOW
    assert not DirtySlot.objects.exists()  # the past is not judged


@pytest.mark.django_db
def test_the_first_errors_after_the_history_are_judged_by_its_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "VARIANTS", 1)
    monkeypatch.setattr(history, "rate_at", lambda route, minute: 0.002)
    make_rule("DET-OPS-002", selector={"sources": [{"source": "sentry"}]}, group_by="route")
    ensure_projects()
    list(history.backfill(NOW, Random(1)))
    scopes = {(s.project_environment_id, s.group_key) for s in Scope.objects.all()}
    assert scopes == set(Series.objects.values_list("project_environment", "route"))
    running = Baseline.objects.filter(hour=NOW.replace(minute=0))
    assert running.count() == len(scopes)
    assert {row.covered_hours for row in running} == {168}
    assert all(row.established for row in running)
    # A day's chart shows hours that were judged by the estimates before, once the week was whole.
    earlier = Baseline.objects.filter(established=True).values_list("hour", flat=True)
    assert min(earlier) <= NOW - timedelta(hours=22)


@pytest.mark.django_db
def test_removal_takes_all_of_the_demo_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", timedelta(days=1))
    other = Project.objects.create(slug="mine", name="Mine")
    ensure_projects()
    list(history.backfill(NOW, Random(1)))
    removed = remove_demo()
    assert removed["detections.MinuteCount"] > 100
    assert list(Project.objects.all()) == [other]
    assert not System.objects.filter(slug="demo").exists()
    assert not Series.objects.exists()
    assert not MinuteCount.objects.exists()
    recorded = apps.get_model("detections", "ProjectEvent")._default_manager
    assert list(recorded.values_list("slug", flat=True).distinct()) == ["mine"]
    assert remove_demo() == {}


@pytest.mark.django_db
def test_removal_takes_alerts_that_scopes_of_a_flood_share() -> None:
    ensure_projects()
    scope = make_scope(make_rule(), "/first", "demo-shop")
    judge(scope, "h", 0)
    for each in range(OWN_ALERTS):
        judge(make_scope(scope.rule, f"/r/{each}", "demo-shop"), "h", 0)
    consume(NOW)
    assert AlertMember.objects.count() == 1
    assert remove_demo()["detections.AlertMember"] == 1


@pytest.mark.django_db
def test_removal_takes_alerts_of_an_incident_which_keeps_its_timeline() -> None:
    ensure_projects()
    scope = make_scope(make_rule(), "/first", "demo-shop")
    judge(scope, "h", 0)
    consume(NOW)
    place = ProjectEnvironment.objects.get(pk=scope.project_environment_id)
    release = EnvironmentRelease.objects.create(
        project_environment=place, release="shop@2", first_seen=NOW, last_seen=NOW
    )
    incident = make_incident(alerts=[Alert.objects.get().pk], places=[place.pk])
    add_link(incident.pk, LinkDraft("release", str(release.pk), "shop@2"), NOW, by=None, actor="ada")
    lines = list(incident.timeline.values_list("text", flat=True))
    assert remove_demo()["detections.IncidentAlert"] == 1
    assert list(incident.timeline.values_list("text", flat=True)) == lines
    assert [(link.text, link.release) for link in incident.links.all()] == [("shop@2", None)]
    assert not Project.objects.exists()


@pytest.mark.django_db
def test_remove_command_says_what_it_removed(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_projects()
    call_command("demo", remove=True)
    assert capsys.readouterr().out.endswith("The demo is gone.\n")
