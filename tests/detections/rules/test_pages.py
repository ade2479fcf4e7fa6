"""The catalogue and the page of a rule: what they say, to whom, and in how many queries."""

from __future__ import annotations

import re

import msgspec
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Item
from detections.alerts.models import ScopeSuppression
from detections.rules import packs, queries
from detections.rules.lifecycle import publish
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Evaluation, FixtureRun, Rule, Scope
from detections.rules.silence_models import with_mutes
from detections.rules.spec.schema import decode
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, PREVIEW
from tests.markup import folded

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def beta(project):
    prod = project.app.system.environments.get(slug="prod")
    run = checklists.run(prod)
    checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend")
    checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")
    rule = world.beta(clock.now())
    return rule, run


def person(client, role):
    groups.load()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


@pytest.fixture
def viewer(client):
    return person(client, "Viewer")


@pytest.fixture
def editor(client):
    return person(client, "Rule editor")


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def acted(client, act, *rules, **form):
    """The answer to an act on rules, of DET-BETA-003 where none is named."""
    chosen = Rule.objects.filter(identifier__in=rules or ["DET-BETA-003"])
    return client.post(f"/rules/acts/{act}/", {"row": [rule.pk for rule in chosen], **form})


def test_an_empty_catalogue_says_what_to_do(client, viewer):
    assert "bin/manage rules load" in text(client, "/rules/")


def test_the_catalogue_names_what_a_dormant_rule_waits_for(client, viewer, beta):
    page = text(client, "/rules/")
    assert "waits for Variable SENTRY_DSN_BACKEND set, Flag sentry_backend on" in page
    assert "claimed 2026-06-12" in page
    assert "DET-OPS-002" in page
    for item in Item.objects.all():
        checklists.act(beta[1], item)
    assert "waits for Flag" not in text(client, "/rules/")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?category=beta", {"DET-BETA-003"}),
        ("?state=dormant", {"DET-BETA-003"}),
        ("?state=active", {"DET-OPS-002"}),
        ("?q=ops-002", {"DET-OPS-002"}),
        ("?q=nothing", set()),
    ],
)
def test_filters_live_in_the_address(client, viewer, beta, query, shown):
    page = text(client, f"/rules/{query}")
    for identifier in ("DET-BETA-003", "DET-OPS-002"):
        assert (f'href="/rules/{identifier}/"' in page) is (identifier in shown)
    assert shown or "No rule matches" in page


def test_the_page_of_a_dormant_rule_leads_to_its_items(client, viewer, beta):
    page = text(client, "/rules/DET-BETA-003/")
    run = beta[1]
    assert f"/checklists/raptor/prod/{run.pk}/#item-SENTRY_DSN_BACKEND" in page
    assert "heroku config:set" in page
    assert "the console never runs it" in page
    assert "Dormant: waits for Variable SENTRY_DSN_BACKEND set and Flag" in page
    assert "Not signed off" in page


def test_the_page_of_an_active_rule_says_what_it_stands_on_and_who_switched_it(client, editor, beta):
    _, run = beta
    for item in Item.objects.filter(section__version=run.version):
        checklists.act(run, item)
    acted(client, "mute", length="60")
    page = text(client, "/rules/DET-BETA-003/")
    assert "its alerts are there and hidden, their messages wait; then active again by itself." in page
    assert "End the mute" in page
    acted(client, "arm")
    page = text(client, "/rules/DET-BETA-003/")
    assert "Active: judged on Sentry events, alerts go out." in page
    assert "In use</span> <strong>Sentry events</strong>" in page
    assert page.count(f"by {editor}") == 2


def test_scopes_that_somebody_resolved_by_hand_are_held_back(client, viewer, project):
    rule = world.rule("R-1")
    scope = Scope.objects.create(rule=rule, project_environment=world.environment(project), created_at=clock.now())
    ScopeSuppression.objects.create(scope=scope, severity=3, since=clock.now())
    assert "1 scope suppressed: resolved by hand" in text(client, "/rules/R-1/")


def test_the_page_says_when_it_fires_and_what_not_to_do(client, viewer, beta):
    page = text(client, "/rules/DET-BETA-003/")
    assert "1 or more errors are medium, 3 or more errors are high, 10 or more errors are critical" in page
    assert "more than the mean plus 3 standard deviations" in page
    assert "INTERNAL_API_SECRET mismatch" in page
    assert "Do not make this rule quieter before its baseline is established" in page
    assert "0.0 of 7 days" in page


def test_what_fires_stands_on_both_pages(client, viewer, project):
    now = clock.now().replace(second=0, microsecond=0)
    world.covered(now - HOUR, now)
    world.environment(project, since=now - HOUR)
    world.rule("R-1")
    world.arrive(project, world.events(3, now, path="/api/<script>", **world.plain()), now)
    world.judge(now)
    assert "1 scope" in text(client, "/rules/")
    page = text(client, "/rules/R-1/")
    assert "3 errors in 5 minutes" in page
    assert "/api/&lt;script&gt;" in page
    assert "<script>" not in page.replace('<script src="', "")


def test_versions_show_what_changed(client, viewer, beta):
    rule = beta[0]
    spec = msgspec.structs.replace(decode(rule.current.spec), keep_firing_minutes=9)
    publish.publish(rule.identifier, spec, now=clock.now(), author_name="ada", reason="It came back too soon.")
    page = text(client, "/rules/DET-BETA-003/")
    assert '<dt>Ends after (minutes)</dt> <dd><del><span class="visually-hidden">no longer </span>5</del></dd>' in page
    assert "It came back too soon." in page


def test_fixtures_are_run_by_a_button(client, editor, beta):
    answer = client.post("/rules/DET-BETA-003/fixtures/")
    assert (answer.status_code, answer["Location"]) == (303, "/rules/DET-BETA-003/#fixtures")
    run = FixtureRun.objects.get()
    assert (run.passed, run.by) == (True, editor)
    page = text(client, "/rules/DET-BETA-003/")
    assert "All 6 fixtures passed" in page
    assert "never here" not in page


@pytest.mark.parametrize(("act", "mode"), [("mute", "muted"), ("draft", "draft"), ("arm", "active")])
def test_modes(client, editor, beta, act, mode):
    assert acted(client, act, length="60").status_code == 303
    rule = with_mutes(Rule.objects.all()).get(identifier="DET-BETA-003")
    assert mode_now(rule, clock.now()) == mode
    assert (rule.muted_until is not None) is (act == "mute")


def test_an_unknown_act_or_rule_is_not_found(client, editor, beta):
    assert client.post("/rules/acts/delete/", {"row": beta[0].pk}).status_code == 404
    refused = client.post("/rules/acts/arm/", {"row": "x"})
    assert (refused.status_code, "No rule is chosen" in refused.content.decode()) == (422, True)
    for address in ("/rules/NOPE/", "/rules/%3Cscript%3E/"):
        assert client.get(address).status_code == 404


def test_viewers_change_nothing(client, viewer, beta):
    assert client.post("/rules/DET-BETA-003/fixtures/").status_code == 403
    assert client.get("/rules/DET-BETA-003/fixtures/").status_code == 405
    assert acted(client, "draft").status_code == 403
    assert "Run</button>" not in text(client, "/rules/DET-BETA-003/")


@pytest.mark.parametrize("address", ["/rules/", "/rules/DET-BETA-003/"])
def test_pages_ask_for_a_login(client, beta, address):
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_a_poll_gets_a_fragment_and_then_nothing_new(client, viewer, beta):
    for address in ("/rules/", "/rules/DET-BETA-003/"):
        first = client.get(address, headers={"HX-Request": "true"})
        assert b"<html" not in first.content
        seen = {"HX-Request": "true", "X-Fragment-Seen": first["X-Fragment"]}
        assert client.get(address, headers=seen).status_code == 204


def test_queries_do_not_grow(client, viewer, beta, project):
    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    now = clock.now().replace(second=0, microsecond=0)
    world.arrive(project, world.events(1, now, **world.plain()), now)
    world.judge(now)
    few = queries("/rules/"), queries("/rules/DET-OPS-002/")
    for i in range(20):
        world.rule(f"R-{i}")
        world.arrive(project, world.events(1, now, path=f"{PREVIEW}/{chr(97 + i)}", **world.plain()), now)
    world.judge(now)
    assert (queries("/rules/"), queries("/rules/DET-OPS-002/")) == few


def test_what_fires_is_counted_where_it_fires(beta) -> None:
    rule, run = beta
    now = clock.now()
    prod, staging = (world.environment(builders.project(), name) for name in ("prod", "staging"))
    # One that fires, one that has just stopped, one that never did.
    for place, group, outcomes in ((prod, "/a", "fires"), (prod, "/b", "fires clear"), (staging, "/a", "clear clear")):
        scope = Scope.objects.create(rule=rule, project_environment=place, group_key=group, created_at=now)
        for minute, outcome in enumerate(reversed(outcomes.split())):
            Evaluation.objects.create(
                scope=scope,
                version=rule.current,
                slot_end=now - minute * clock.MINUTE,
                evaluated_at=now,
                outcome="firing" if outcome == "fires" else "clear",
                revision=0,
            )
    assert queries.firing_by_environment(rule, now) == {run.environment.path: 1}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["DET-BETA-003", "DET-OPS-002"]),  # beta, ops
        ("-category", ["DET-OPS-002", "DET-BETA-003"]),
        ("rule", ["DET-BETA-003", "DET-OPS-002"]),
        ("-rule", ["DET-OPS-002", "DET-BETA-003"]),
        ("firing", ["DET-BETA-003", "DET-OPS-002"]),
        ("validated", ["DET-OPS-002", "DET-BETA-003"]),
    ],
)
def test_the_catalogue_is_sorted(client, viewer, beta, sort, order):
    version = Rule.objects.get(identifier="DET-OPS-002").current
    FixtureRun.objects.create(version=version, at=clock.now(), passed=True, results=[])
    answer = client.get(f"/rules/?sort={sort}")
    assert [row.rule.identifier for row in answer.context["rows"] if row.rule.identifier in order] == order
    assert ("table-group" in answer.content.decode()) is ("category" in (sort or "category"))


def test_the_catalogue_says_what_it_did_not_understand(client, viewer, beta):
    page = text(client, "/rules/?state=asleep&colour=red")
    assert "State “asleep” is not among those here (active, dormant)." in page
    assert "“colour” is not a filter of this list" in page
    assert "No rule matches" in page


def test_the_catalogue_takes_the_same_queries_for_more_rules(client, viewer, beta, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        client.get("/rules/")
    for number in range(5):
        world.rule(f"R-{number}")
    with django_assert_num_queries(len(few)):
        client.get("/rules/")


def test_the_page_tells_the_owner_from_the_first_response(viewer, client, beta):
    html = folded(client.get("/rules/DET-BETA-003/").content.decode())
    assert "Keeps the rule right. Who responds to its alerts is under Escalation." in html
    assert "First response, unless a known failure names another" in html
    assert '<th scope="col">First response</th>' in html
    assert "Posture" not in html  # as a label it would read like an accepted deviation
    assert "<span>surface</span> <span>beta-preview</span>" in html


@pytest.mark.parametrize("path", sorted(packs.FOLDER.rglob("*.[yj]*")), ids=lambda path: path.name)
def test_no_shipped_rule_promises_a_digest(path):
    """A summary a day by mail, which nothing sends; the self-watch checks whether events wait for their digest."""
    words = re.findall(r"\S*\s*\S*digest\S*", path.read_text(), re.IGNORECASE)
    assert set(words) <= {"checks: [digest,", "their digest,"}
