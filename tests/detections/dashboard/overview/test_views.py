"""The overview: what needs someone now, blind spots, and what to do first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.systems.models import App, Environment, System
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.dashboard.overview import views
from detections.ingest.models import Inbox
from detections.rules.self_check_models import FailingCheck
from detections.telemetry.models import ProjectEnvironment, ProjectKey, Series
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.alerts.delivery.queue import queue
from tests.detections.dashboard import builders as make
from tests.markup import folded

pytestmark = pytest.mark.django_db
PREFIX = "/api/beta/preview/*"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def preview() -> Series:
    one = make.series("/api/beta/preview/{…}/screen/1", "GET")
    make.errors(one, 2, n=7)
    return one


def burn(preview: Series) -> Alert:
    scope = make.scope(make.preview_rule(), preview.project_environment, PREFIX)
    return make.alert(scope, cause="INTERNAL_API_SECRET mismatch", owner="sre-agent")


def page(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return folded(answer.content.decode())


def test_it_asks_for_a_login(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/")


def test_a_fresh_console_says_how_to_send_the_first_event(viewer: Client) -> None:
    key = ProjectKey.objects.create(project=make.project())
    html = page(viewer)
    assert "Send a first event" in html
    assert f"{key.public_key}@" in html
    assert f"/{key.project_id}&quot;" in html
    make.series()
    assert "Send a first event" not in page(viewer)


def test_alerts_are_shown_before_the_first_event(viewer: Client) -> None:
    """Of an agent's report, say; ten rows, and how many more there are."""
    place = make.environment(make.project())
    ProjectKey.objects.create(project=place.project)
    ProjectEnvironment.objects.update(first_event_at=None, last_event_at=None)
    rule = make.rule()
    for number in range(12):
        make.alert(make.scope(rule, place, f"NAME_{number}"))
    html = page(viewer)
    assert "Send a first event" in html
    assert html.count("NAME_") >= 10
    assert "2 more" in html


def test_a_revoked_key_is_not_offered(viewer: Client) -> None:
    key = ProjectKey.objects.create(project=make.project(), revoked_at=make.now())
    assert key.public_key not in page(viewer)


def test_a_firing_alert_stands_on_top_with_its_cause_and_buttons(admin: Client, preview: Series) -> None:
    alert = burn(preview)
    html = page(admin)
    assert "1 unassigned alert." in html
    assert "INTERNAL_API_SECRET mismatch" in html
    assert f"/alerts/{alert.pk}/acknowledge/" in html
    assert html.index("Firing or recovering") < html.index("Routes that fail")


def test_someone_without_the_right_sees_the_alert_but_no_button(viewer: Client, preview: Series) -> None:
    alert = burn(preview)
    html = page(viewer)
    assert f"/alerts/{alert.pk}/" in html
    assert f"/alerts/{alert.pk}/acknowledge/" not in html


def test_acknowledging_is_seen_at_once(admin: Client, preview: Series) -> None:
    alert = burn(preview)
    answer = admin.post(f"/alerts/{alert.pk}/acknowledge/", {"version": alert.revision, "next": "/"})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert "1 open alert, acknowledged." in page(admin)


def test_the_board_shows_burning_routes_first_with_what_is_usual(viewer: Client, preview: Series) -> None:
    make.errors(make.series("/busy"), 1, n=500)
    alert = burn(preview)
    make.baseline(alert.scope, mean=0.4, exceed=4)
    rows = viewer.get("/").context["overview"].routes
    assert [row.route.series.route for row in rows] == [preview.route, "/busy"]
    assert (rows[0].alert, rows[0].rule.expected, rows[0].rule.threshold) == (alert, 0.4, 1)
    assert "spark-over" in rows[0].route.spark
    assert (rows[1].alert, rows[1].rule) == (None, None)
    assert "spark-over" not in rows[1].route.spark


def test_errors_of_the_last_hour_and_of_the_hour_before(viewer: Client, preview: Series) -> None:
    make.errors(preview, 70, n=3)
    make.errors(preview, 130, n=100)
    overview = viewer.get("/").context["overview"]
    assert (overview.errors, overview.errors_before) == (7, 3)


def test_minutes_in_which_nothing_was_received_are_no_data(viewer: Client, preview: Series) -> None:
    make.cover(range(10, 30))
    counts = viewer.get("/").context["overview"].chart.chart.counts
    assert (counts[-11], counts[-41], counts[-3], counts[-1]) == (0, None, 7, 0)


def test_a_failing_route_without_an_active_rule_is_a_blind_spot(viewer: Client, preview: Series) -> None:
    assert "no active rule counts it" in page(viewer)
    make.rule()
    assert "no active rule counts it" not in page(viewer)


def test_a_dormant_rule_names_what_it_waits_for(viewer: Client, preview: Series) -> None:
    system = System.objects.create(slug="raptor", name="Raptor")
    place = Environment.objects.create(system=system, slug="prod", name="Prod")
    app = App.objects.create(system=system, slug="api", name="API")
    type(preview.project).objects.filter(pk=preview.project_id).update(app=app)
    ProjectEnvironment.objects.filter(pk=preview.project_environment_id).update(environment=place)
    make.preview_rule(sources=[{"source": "sentry", "prerequisites": ["flag:sentry_backend"]}])
    blind = viewer.get("/").context["overview"].blind_spots
    assert [(each.rule.identifier, each.environment.path) for each in blind.dormant] == [
        ("DET-BETA-003", "raptor/prod")
    ]
    html = page(viewer)
    assert "Flag sentry_backend on" in html
    assert "No open checklist of this environment has flag sentry_backend" in html


def test_blind_spots_are_counted_and_the_first_of_each_kind_shown(viewer: Client, preview: Series) -> None:
    for number in range(12):
        make.errors(make.series(f"/r{number:02}"), 1)
        make.environment(preview.project, f"staging-{number:02}", last=make.now() - timedelta(days=20 - number))
    blind = viewer.get("/").context["overview"].blind_spots
    assert (len(blind.uncovered.rows), blind.uncovered.more) == (10, 3)
    assert [each.name for each in blind.silent] == [f"staging-{number:02}" for number in range(10)]
    assert (blind.silent.more, blind.count) == (2, 25)
    html = page(viewer)
    assert "3 more routes that no active rule counts" in html
    assert "2 more silent" in html
    assert html.count("no active rule counts it") == 10


def test_a_source_that_has_gone_silent_is_a_blind_spot(viewer: Client, preview: Series) -> None:
    make.environment(preview.project, "staging", last=make.now() - timedelta(days=2))
    assert [each.name for each in viewer.get("/").context["overview"].blind_spots.silent] == ["staging"]


def test_top_issues_of_the_day(viewer: Client, preview: Series) -> None:
    few, many = make.issue(title="A: few"), make.issue(title="B: many")
    done = make.issue(title="C: done", status="resolved")
    for issue, n in ((few, 2), (many, 9), (done, 99)):
        make.seen(issue, preview.project_environment, n=n)
    make.seen(few, preview.project_environment, n=50, back=30)
    assert viewer.get("/").context["overview"].issues == [(many, 9), (few, 2)]


def test_a_backlog_shows_in_the_health_of_the_console(viewer: Client, preview: Series) -> None:
    Inbox.objects.create(
        project=preview.project,
        format="envelope",
        received_at=make.now() - timedelta(minutes=10),
        event_id="0" * 32,
        body=b"",
    )
    overview = viewer.get("/").context["overview"]
    assert (overview.health, overview.checks[0].state) == ("late", "late")
    assert "The console itself needs a look." in page(viewer)


def connect(**values: object) -> Target:
    """A target outside of the console that a policy leads to."""
    target = Target.objects.create(name="Ops", address="#ops", channel="slack", **values)
    NotificationPolicy.objects.create(order=9000, name="all").targets.add(target)
    return target


def test_while_nobody_is_told_every_page_says_so_in_one_line(viewer: Client, client: Client) -> None:
    html = folded(viewer.get("/banner/").content.decode())
    assert html.count('class="banner') == 1
    assert "Nobody is told of alerts" in html
    assert "/admin/" not in html, "a viewer may not connect anything"
    client.force_login(User.objects.create_superuser("root", password=None))
    assert 'href="/admin/detections/target/add/"' in client.get("/banner/").content.decode()
    target = connect()
    assert viewer.get("/banner/").content.strip() == b""
    Target.objects.filter(pk=target.pk).update(enabled=False)
    assert "Nobody is told" in viewer.get("/banner/").content.decode()
    Target.objects.filter(pk=target.pk).update(enabled=True, channel="console")
    assert "Nobody is told" in viewer.get("/banner/").content.decode()
    Target.objects.filter(pk=target.pk).update(channel="slack")
    target.policies.clear()
    assert "Nobody is told" in viewer.get("/banner/").content.decode(), "no policy leads to it"


def test_while_the_console_is_behind_every_page_says_so(viewer: Client, preview: Series) -> None:
    connect()
    assert viewer.get("/banner/").content.strip() == b""
    assert 'hx-get="/banner/"' in viewer.get("/issues/").content.decode()
    Inbox.objects.create(
        project=preview.project,
        format="envelope",
        received_at=make.now() - timedelta(minutes=10),
        event_id="0" * 32,
        body=b"",
    )
    html = viewer.get("/banner/").content.decode()
    assert 'role="alert"' in html
    assert "an accepted event has waited 600 s for its digest" in html


def test_the_banner_leads_to_what_it_is_about(viewer: Client, client: Client, preview: Series) -> None:
    place, target = preview.project_environment, connect()
    for check, subject in (("target", target.name), ("source", "")):
        FailingCheck.objects.create(
            check_name=check, project_environment=place, subject=subject, sentence=f"{check} fails", since=make.now()
        )
    Inbox.objects.create(
        project=preview.project,
        format="envelope",
        received_at=make.now() - timedelta(minutes=10),
        event_id="0" * 32,
        body=b"",
    )
    queue(1, "#ops")
    Delivery.objects.update(next_attempt_at=make.now() - timedelta(hours=1))
    routes = f"/routes/?project={place.project.slug}&amp;environment={place.name}"
    health, alerts = "/#health-head", f"/alerts/?condition=any&amp;project={place.project.slug}"
    assert links(viewer.get("/banner/")) == [health, health, alerts, routes]
    client.force_login(User.objects.create_superuser("root", password=None))
    unsent, fails = "/admin/detections/delivery/?status__in=", f"/admin/detections/target/{target.pk}/change/"
    of_digest, queued, *of_checks = links(client.get("/banner/"))
    assert (of_digest, queued.startswith(unsent), of_checks) == (health, True, [fails, routes])
    for address in (queued, alerts, routes, fails):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_the_admin_has_the_banner_too(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    assert 'hx-get="/banner/"' in client.get("/admin/detections/target/").content.decode()
    client.logout()
    assert "/banner/" not in client.get("/admin/login/", follow=True).content.decode()


def links(page: Any) -> list[str]:
    return re.findall('<a href="([^"]+)"', page.content.decode())


def test_the_banner_asks_for_a_login(client: Client) -> None:
    assert client.get("/banner/").status_code == 302


def test_a_fixed_number_of_queries_however_much_there_is(
    viewer: Client, preview: Series, django_assert_num_queries: Any
) -> None:
    burn(preview)
    for n in range(4):
        make.errors(make.series(f"/r{n}"), 1)
        make.seen(make.issue(title=f"E: {n}"), preview.project_environment)
    with django_assert_num_queries(QUERIES):
        viewer.get("/")
    for n in range(4, 14):
        make.errors(make.series(f"/r{n}"), 1)
    with django_assert_num_queries(QUERIES):
        viewer.get("/")


# session, person, two of rights; firing alerts counted and read; projects, errors by minute, coverage, totals, series,
# where they are, drawings; rules in force, environments; scopes, baselines; their open alerts; newest event; silent
# sources; stale reports; two of issues; runs; health, quarantine; silences in force
QUERIES = 29


def test_polling_answers_204_while_nothing_changes(
    viewer: Client, preview: Series, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    now, ended = make.now(), "1:1:"  # of all databases of the server, those of other tests too
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(views, "snapshot", lambda: ended)
    first = viewer.get("/", headers=HTMX)
    assert b"<html" not in first.content
    with django_assert_num_queries(5):  # session, person, two of rights; health
        unchanged = viewer.get("/", headers={**HTMX, "X-Fragment-Seen": first["X-Fragment"]})
    assert (unchanged.status_code, unchanged["X-Fragment"]) == (204, first["X-Fragment"])

    ended = "2:2:"  # a row that the page does not show
    same = viewer.get("/", headers={**HTMX, "X-Fragment-Seen": first["X-Fragment"]})
    assert same.status_code == 204
    assert same["X-Fragment"] != first["X-Fragment"]
    with django_assert_num_queries(5):
        assert viewer.get("/", headers={**HTMX, "X-Fragment-Seen": same["X-Fragment"]}).status_code == 204

    burn(preview)
    ended = "3:3:"
    changed = viewer.get("/", headers={**HTMX, "X-Fragment-Seen": same["X-Fragment"]})
    assert changed.status_code == 200
    now += timedelta(minutes=2)  # rows are the same, but there is another minute in the chart
    assert viewer.get("/", headers={**HTMX, "X-Fragment-Seen": changed["X-Fragment"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_polling_sees_what_was_committed(viewer: Client, preview: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    now = make.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    first = viewer.get("/", headers=HTMX)
    burn(preview)
    assert viewer.get("/", headers={**HTMX, "X-Fragment-Seen": first["X-Fragment"]}).status_code == 200


def test_what_others_may_do_is_not_taken_for_what_one_sees(
    viewer: Client, admin: Client, preview: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = make.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(views, "snapshot", lambda: "1:1:")
    burn(preview)
    seen = viewer.get("/", headers=HTMX)["X-Fragment"]
    assert viewer.get("/", headers={**HTMX, "X-Fragment-Seen": seen}).status_code == 204
    assert admin.get("/", headers={**HTMX, "X-Fragment-Seen": seen}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_seen_although_no_row_changes(
    viewer: Client, preview: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = make.now().replace(second=5)
    Inbox.objects.create(project=preview.project, format="envelope", received_at=now, event_id="0" * 32, body=b"")
    monkeypatch.setattr(clock, "now", lambda: now)
    first = viewer.get("/", headers=HTMX)
    now += timedelta(seconds=50)
    later = viewer.get("/", headers={**HTMX, "X-Fragment-Seen": first["X-Fragment"]})
    assert (later.status_code, "the oldest waits 50 s" in later.content.decode()) == (200, True)
