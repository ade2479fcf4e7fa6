"""The inbox and the page of an alert: what they say, to whom, and in how many queries."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import Environment, System
from detections.alerts.delivery.sender import deliver
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.queries import open_alerts, open_alerts_of, scope_key_of
from detections.rules.models import RuleVersion
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import PREFIX, START, edit_rule, judge, make_rule, make_scope, make_user
from tests.markup import folded
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(minutes=1)
LOGIN = 2  # session and user


@pytest.fixture
def responder() -> User:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return user


@pytest.fixture
def signed_in(client: Client, responder: User) -> Client:
    client.force_login(responder)
    return client


def alert_of(sign: str = "c", **words: Any) -> Alert:
    judge(make_scope(), sign, 0, data=words)
    consume(NOW)
    return Alert.objects.get()


def burning(count: int) -> None:
    rule = make_rule()
    for number in range(count):
        project = "raptor" if number < 4 else "other"  # five in one would be a storm
        judge(make_scope(rule, f"/route/{number}/*", project), "mhc"[number % 3], 0)
    consume(NOW)


@pytest.mark.parametrize("address", ["/alerts/", "/routing/"])
def test_pages_ask_for_a_login(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_an_empty_inbox_says_what_to_do(signed_in: Client) -> None:
    assert "Nothing fires" in signed_in.get("/alerts/").content.decode()
    assert "No alert matches" in signed_in.get("/alerts/?rule=DET-X").content.decode()


def test_the_inbox_shows_who_has_it_and_the_worst_first(signed_in: Client) -> None:
    burning(3)
    acknowledge(Alert.objects.get(severity=3).pk, make_user("bob"), NOW)
    html = signed_in.get("/alerts/").content.decode()
    assert html.index("/route/2/*") < html.index("/route/1/*") < html.index("/route/0/*")
    assert "bob" in html


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("severity=critical", {"/route/2/*"}),
        ("handling=acknowledged", {"/route/1/*"}),
        ("condition=resolved", set()),
        ("condition=any", {"/route/0/*", "/route/1/*", "/route/2/*"}),
        ("rule=DET-OTHER", set()),
        ("project=raptor&severity=medium", {"/route/0/*"}),
        ("condition=nonsense&severity=nonsense", {"/route/0/*", "/route/1/*", "/route/2/*"}),
    ],
)
def test_filters_live_in_the_address(signed_in: Client, query: str, shown: set[str]) -> None:
    burning(3)
    acknowledge(Alert.objects.get(severity=2).pk, make_user(), NOW)
    html = signed_in.get(f"/alerts/?{query}").content.decode()
    assert {f"/route/{number}/*" for number in range(3) if f"/route/{number}/*" in html} == shown


def test_the_inbox_needs_the_same_queries_for_one_alert_and_for_many(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    burning(1)
    # Permissions of user and groups, the alerts' keys, alerts, silences in force, rules, projects, who has any.
    page = 8
    with django_assert_num_queries(LOGIN + page):
        signed_in.get("/alerts/")
    judge_all_again()
    with django_assert_num_queries(LOGIN + page + 1):  # the others of the storm
        signed_in.get("/alerts/")


def judge_all_again() -> None:
    rule = make_rule("DET-OPS-002")
    for number in range(40):
        judge(make_scope(rule, f"/other/{number}/*"), "h", 0)
    consume(NOW)


def test_a_poll_is_204_when_nothing_changed(signed_in: Client) -> None:
    alert = alert_of()
    for address in ("/alerts/", f"/alerts/{alert.pk}/"):
        first = signed_in.get(address, headers={"HX-Request": "true"})
        assert first.status_code == 200
        assert b"<html" not in first.content
        seen = {"HX-Request": "true", "X-Fragment-Seen": first["X-Fragment"]}
        assert signed_in.get(address, headers=seen).status_code == 204
    judge(alert.scope, ".", 1)
    consume(NOW)
    assert signed_in.get(address, headers=seen).status_code == 200


def test_the_page_of_an_alert_tells_cause_owner_and_evidence(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alert = alert_of(cause="INTERNAL_API_SECRET mismatch", owner="sre-agent", signature="secret mismatch")
    deliver(lambda: NOW)
    # permissions of user and groups, alert, log, messages, tries, runbooks, count now (2) and its limit, evaluation,
    # owners and responders, silences; series of the scope (it has none, so no events); before it opened: releases,
    # versions, modes and mutes of the rule, freezes
    page = 14 + 1 + 5
    with django_assert_num_queries(LOGIN + page):
        html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    for said in (
        "INTERNAL_API_SECRET mismatch",
        "sre-agent",
        "5 errors in 5 minutes where 0.4 are usual",
        "Matches the known failure “secret mismatch”",
        "alert-critical",
        "<h1>5 errors in 5 min, fires from 1 while it is learnt</h1>",
        "Nobody yet",
        "What changed in the hour before",
        "#raxx-ops-alert-sev1",
        "Threshold",
        "DET-BETA-003, version 1",
        "1. Firing: ✓ Critical, severity is critical",
        "1. Firing: Would be sent to #raxx-ops-alert-sev1 (no Slack target is bound to this label), 1 try",
        "Check the likely cause first: INTERNAL_API_SECRET mismatch.",
        "Acknowledge it, so that others know that you are on it.",
    ):
        assert said in html, said


def test_the_page_has_labels_and_tags(signed_in: Client) -> None:
    judge(make_scope(make_rule("DET-OPS-002", labels={"team": "solver"})), "h", 0)
    consume(NOW)
    Alert.objects.update(tags=["needs-triage"])
    alert = Alert.objects.get()
    html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    assert "<span>team</span>\n<span>solver</span>" in html
    assert "<span>tag</span>\n<span>needs-triage</span>" in html


def test_event_data_is_escaped(signed_in: Client) -> None:
    alert = alert_of(cause="<script>alert(1)</script>")
    html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_an_unknown_alert_is_404(signed_in: Client) -> None:
    assert signed_in.get("/alerts/999999/").status_code == 404
    assert signed_in.post("/alerts/999999/acknowledge/").status_code == 404


def test_acknowledging_without_javascript_goes_back_and_says_who(signed_in: Client) -> None:
    alert = alert_of()
    answer = signed_in.post(f"/alerts/{alert.pk}/acknowledge/", {"version": alert.revision, "next": "/alerts/?x=1"})
    assert (answer.status_code, answer["Location"]) == (303, "/alerts/?x=1")
    html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    assert "Acknowledged: you have it." in html
    assert "Acknowledged by ada" in html
    assert html.count("by ada") >= 2  # the handling and the log


def test_it_never_sends_the_browser_to_another_site(signed_in: Client) -> None:
    alert = alert_of()
    answer = signed_in.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "https://evil.example/"})
    assert answer["Location"] == f"/alerts/{alert.pk}/"


def test_htmx_is_told_to_ask_again(signed_in: Client) -> None:
    alert = alert_of()
    answer = signed_in.post(f"/alerts/{alert.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "poll")
    again = signed_in.get("/alerts/", headers={"HX-Request": "true"})
    assert "Acknowledged: you have it." in again.content.decode()


def test_the_second_person_gets_409_and_the_name_of_the_first(signed_in: Client) -> None:
    alert = acknowledge(alert_of().pk, make_user("bob"), NOW)
    plain = signed_in.post(f"/alerts/{alert.pk}/acknowledge/")
    assert plain.status_code == 409
    assert "bob acknowledged it first." in plain.content.decode()
    quick = signed_in.post(f"/alerts/{alert.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert (quick.status_code, quick["HX-Trigger"]) == (409, "poll")
    assert "bob acknowledged it first." in signed_in.get("/alerts/", headers={"HX-Request": "true"}).content.decode()


def test_resolving_by_hand(signed_in: Client) -> None:
    alert = alert_of()
    asked = signed_in.post(f"/alerts/{alert.pk}/resolve/", {"version": alert.revision, "next": "/alerts/"})
    assert asked.status_code == 200  # it fires
    assert "It still fires. Resolved by hand it stays quiet until" in asked.content.decode()
    assert Alert.objects.get().status == "firing"
    answer = signed_in.post(f"/alerts/{alert.pk}/resolve/", {"version": alert.revision, "confirmed": "1"})
    assert answer.status_code == 303
    html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    assert "Resolved by ada" in html
    assert "Nothing has to be done: it is over." in html


def test_a_page_that_did_not_know_that_it_fires_again_asks_too(signed_in: Client) -> None:
    alert = alert_of()
    answer = signed_in.post(f"/alerts/{alert.pk}/resolve/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (409, "poll")
    again = signed_in.get(f"/alerts/{alert.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Resolve it once more to do so." in again
    assert 'hx-confirm="It still fires.' in again


@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
def test_who_may_not_act_sees_no_button_and_gets_403(client: Client, act: str) -> None:
    alert = alert_of()
    client.force_login(make_viewer())
    assert f"/{act}/" not in client.get("/alerts/").content.decode()
    assert f"/{act}/" not in client.get(f"/alerts/{alert.pk}/").content.decode()
    assert client.post(f"/alerts/{alert.pk}/{act}/").status_code == 403
    assert client.get(f"/alerts/{alert.pk}/{act}/").status_code == 405
    alert.refresh_from_db()
    assert (alert.handling, alert.status) == ("unacknowledged", "firing")


def test_what_fires_now_is_counted_and_only_what_is_shown_is_read(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    burning(4)
    acknowledge(Alert.objects.get(severity=3).pk, make_user(), NOW)
    with django_assert_num_queries(2):
        now = open_alerts(limit=2)
    assert (now.total, now.unacknowledged, len(now.rows)) == (4, 3, 2)
    assert [row.severity for row in now.rows] == [3, 2]


def test_alerts_of_rules_that_do_not_group_are_named_without_further_queries(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        judge(make_scope(make_rule(f"DET-OPS-00{number}", group_by="none"), "", f"project-{number}"), "h", 0)
    consume(NOW)
    with django_assert_num_queries(2):
        names = {str(alert) for alert in open_alerts().rows}
    assert names == {f"DET-OPS-00{number} on project-{number}/prod" for number in range(3)}
    # rights of user and groups; the alerts' keys, alerts, silences, rules, projects, who has any
    with django_assert_num_queries(LOGIN + 8):
        assert signed_in.get("/alerts/").content.decode().count("on project-") >= 3


def test_open_alerts_are_ordered_by_severity_then_unacknowledged_then_newest() -> None:
    burning(6)
    for number in (0, 1, 2):  # one of each severity
        acknowledge(Alert.objects.get(group_key=f"/route/{number}/*").pk, make_user(f"ada-{number}"), NOW)
    judge(make_scope(make_rule("DET-OPS-002"), "/later/*"), "h", 5)
    consume(NOW + timedelta(minutes=5))
    shown = [alert.group_key for alert in open_alerts().rows]
    routes = [f"/route/{number}/*" for number in (5, 2, 4, 1, 3, 0)]  # a critical that somebody has before any high
    assert shown == [*routes[:2], "/later/*", *routes[2:]]


def test_the_runbooks_of_an_alert_stand_under_one_label(signed_in: Client) -> None:
    alert = alert_of()
    system, _ = System.objects.get_or_create(slug="raptor", defaults={"name": "Raptor"})
    environment, _ = Environment.objects.get_or_create(system=system, slug="prod", defaults={"name": "Production"})
    ProjectEnvironment.objects.update(environment=environment)
    for name in ("one", "two", "three"):
        Runbook.objects.create(system=system, slug=name, title=f"How to mend {name}")
    about = signed_in.get(f"/alerts/{alert.pk}/").content.decode().partition('id="about"')[2].partition("</section>")[0]
    assert [term for term in re.findall(r"<dt>(.*?)</dt>", about) if "unbook" in term] == ["Runbooks"]
    assert about.count("How to mend") == 3


def test_a_medium_alert_says_that_no_message_goes_out(signed_in: Client) -> None:
    alert = alert_of("m")
    html = folded(signed_in.get(f"/alerts/{alert.pk}/").content.decode())
    assert "No message of its own: kept for the next daily summary" in html
    assert "Waits for the daily summary" not in html


def test_alerts_are_found_by_their_scopes_however_many_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    burning(20)  # as many as have alerts of their own
    keys = {scope_key_of(alert) for alert in Alert.objects.exclude(group_key="/route/7/*")}
    with django_assert_num_queries(1):
        found = open_alerts_of(keys)
    assert found.keys() == keys
    assert len(found) == 19


def test_group_keys_of_any_shape_stay_links(signed_in: Client) -> None:
    judge(make_scope(group_key='/a?b=c&d="e"/<f>'), "c", 0)
    consume(NOW)
    alert = Alert.objects.get()
    assert signed_in.get(f"/alerts/{alert.pk}/").status_code == 200
    assert "<f>" not in signed_in.get("/alerts/").content.decode().replace(PREFIX, "")


def test_an_alert_of_a_version_that_cannot_be_read_is_shown(signed_in: Client) -> None:
    alert = alert_of()
    broken = RuleVersion.objects.create(
        rule=alert.rule, number=2, spec={"title": 7}, content_hash="", author_name="test", created_at=START
    )
    Alert.objects.update(version=broken)
    html = signed_in.get(f"/alerts/{alert.pk}/").content.decode()
    assert "can no longer be read" in html
    assert signed_in.get(f"/alerts/{alert.pk}/chart/").status_code == 200


@pytest.mark.parametrize("version", ["9" * 5000, "-1", "one"])
def test_a_version_that_is_none_is_looked_at_again(signed_in: Client, version: str) -> None:
    answer = signed_in.post(f"/alerts/{alert_of().pk}/resolve/", {"version": version})
    assert answer.status_code == 409
    assert Alert.objects.get().status == "firing"


def test_the_trace_names_the_version_that_opened_the_alert(signed_in: Client) -> None:
    """Stronger evidence may come from a later version: the page says which is which."""
    scope = make_scope()
    judge(scope, "h", 0, count=5)
    consume(NOW)
    edit_rule("DET-BETA-003", title="Errors on the preview, worded anew")
    judge(scope, "h", 1, count=9)
    consume(NOW + timedelta(minutes=1))
    page = signed_in.get(f"/alerts/{Alert.objects.get().pk}/").content.decode()
    assert "DET-BETA-003, version 1 of" in page
    assert "The strongest evidence was judged by version 2 of" in page
