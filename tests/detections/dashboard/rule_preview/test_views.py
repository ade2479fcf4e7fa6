"""The preview of a posted form, of large rules by the task, and tests of saved rules."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detections.dashboard.rule_preview import jobs, run
from detections.dashboard.rule_preview.tasks import preview_rule
from detections.rules import packs
from detections.rules.models import Evaluation, Scope
from detections.rules.rule_form.form import RuleForm
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from opsconsole.lib import clock, redis
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.rule_form.posting import posted as posted_fields
from tests.detections.rules.world import HOUR, MINUTE, ROUTE
from tests.markup import folded

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def project():
    return builders.project()


@pytest.fixture
def place(project):
    """A covered day, in which ROUTE had a burst three hours ago."""
    now = clock.floor_minute(clock.now())
    at = world.environment(project, since=now - 24 * HOUR)
    world.covered(now - 24 * HOUR, now)
    world.count(at, ROUTE, {now - 3 * HOUR: 4, now - 3 * HOUR + MINUTE: 8})
    return at


def person(client, role):
    groups.load()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


@pytest.fixture
def editor(client):
    return person(client, "Rule editor")


@pytest.fixture
def posted(rule):
    """The fields of the rule's form as its page posts them."""
    return form_data(rule)


@pytest.fixture
def rule():
    return world.rule(now=clock.now())


def form_data(rule):
    form = RuleForm(instance=rule)
    return posted_fields({name: form[name].value() for name in form.fields})


def text(answer):
    return folded(answer.content.decode())


def burst_at():
    return clock.floor_minute(clock.now()) - 3 * HOUR + MINUTE


def test_a_form_says_when_it_would_have_fired(client, editor, place, rule, posted):
    said = text(client.post(f"/rules/preview/?rule={rule}", posted, **HTMX))
    at = burst_at()
    assert f"fired once in the last 7 days</strong>: {at:%a} {at.day} {at:%b %H:%M} high (later critical)." in said
    assert "Floors decide: there is no baseline yet (" in said
    assert "<svg" in said
    assert "The numbers" in said
    assert not Scope.objects.exists()
    assert not Evaluation.objects.exists()


def test_an_edit_is_previewed_and_not_what_is_saved(client, editor, place, rule, posted):
    milder = posted | {"floor_medium": 13, "floor_high": 20, "floor_critical": 30}
    said = text(client.post(f"/rules/preview/?rule={rule}", milder, **HTMX))
    assert "Would not have fired in the last 7 days</strong>, in which it counts 12 errors." in said


def test_what_is_not_understood_is_said(client, editor, place, rule, posted):
    answer = client.post(f"/rules/preview/?rule={rule}", posted | {"window_minutes": "often"}, **HTMX)
    assert answer.status_code == 200
    assert "this is not understood" in text(answer)
    assert "</strong>: Enter a whole number." in text(answer)


def test_without_scripts_it_is_a_page(client, editor, place, rule, posted):
    answer = client.post(f"/rules/preview/?rule={rule}", posted)
    assert "<h1>Preview</h1>" in text(answer)
    assert client.post("/rules/preview/", posted | {"window_minutes": "often"}).status_code == 422


def test_an_unknown_rule_is_not_found(client, editor):
    assert client.post("/rules/preview/?rule=R-9", {}).status_code == 404
    assert client.get("/rules/R-9/test/").status_code == 404


def test_only_editors_preview_and_everybody_tests(client, place, rule, posted):
    person(client, "Viewer")
    assert client.post("/rules/preview/", posted).status_code == 403
    assert "Would have fired once in the last 24 hours" in text(client.get(f"/rules/{rule}/test/"))
    assert client.post(f"/rules/{rule}/test/", posted).status_code == 403


def test_a_rule_is_tested_for_a_day_or_a_week(client, editor, place, rule):
    day, week = client.get(f"/rules/{rule}/test/"), client.get(f"/rules/{rule}/test/?hours=168")
    assert "in the last 24 hours" in text(day)
    assert "in the last 7 days" in text(week)


def test_an_unsaved_edit_is_tested(client, editor, place, rule, posted):
    said = text(
        client.post(f"/rules/{rule}/test/", posted | {"floor_medium": "", "floor_high": "", "floor_critical": 12})
    )
    assert "the unsaved edit" in said
    assert "at least 12: floor 12" in said


def test_several_rules_are_tested_on_one_page(client, editor, rule):
    world.rule("R-2", now=clock.now())
    names = "".join(f"&rule=R-{n}" for n in range(1, 30))
    said = text(client.get(f"/rules/test/?hours=24{names}"))
    assert "Test of 2 rules" in said
    assert "At most 20 rules are tested at once; left out: R-21, R-22" in said
    assert "There is no rule R-3, no R-4" in said
    assert "No rule was chosen" in text(client.get("/rules/test/"))
    assert client.post("/rules/test/", {"rule": "a\0b"}).status_code == 200


def test_rules_chosen_in_the_list_and_in_the_admin_are_tested(client, editor, rule):
    User.objects.update(is_staff=True)
    other = world.rule("R-2", now=clock.now())
    by_list = client.post("/rules/bulk/", {"act": "test", "row": [f"{each.pk}:" for each in (rule, other)]})
    data = {"action": "test", "_selected_action": [rule.pk, other.pk]}
    by_admin = client.post(reverse("admin:detections_rule_changelist"), data)
    for answer in (by_list, by_admin):
        said = text(client.get(answer["Location"]))
        assert "Test of 2 rules" in said
        assert said.index("/rules/R-1/test/") < said.index("/rules/R-2/test/")


def test_odd_names_of_rules_are_left_out(client, editor, rule):
    said = text(client.post("/rules/test/", {"rule": ["R-1\0", "R-1"], "row": ["x", "9" * 30, "0"]}))
    assert "Test of 1 rule<" in said


@pytest.mark.parametrize("identifier", ["DET-CONFIG-001", "DET-CONSOLE-001", "DET-CONSOLE-002", "DET-CONSOLE-003"])
def test_kinds_that_count_nothing_say_what_they_would_say_now(client, editor, place, identifier):
    packs.load(clock.now())
    said = text(client.get(f"/rules/{identifier}/test/"))
    assert "Would not fire now." in said


def test_a_dormant_rule_says_what_it_waits_for(client, editor, place):
    rule = world.rule(
        "R-3", now=clock.now(), selector={"sources": [{"source": "sentry", "prerequisites": ["flag:sentry_backend"]}]}
    )
    said = text(client.get(f"/rules/{rule}/test/"))
    assert "raptor/prod: would be dormant (waits for" in said
    assert "judged on Sentry events as if it were armed." in said
    assert "Would have fired once" in said


@pytest.fixture
def small(monkeypatch):
    """Everything is large."""
    client = redis.client()
    monkeypatch.setattr(run, "SERIES_AT_ONCE", 0)
    sent = []
    monkeypatch.setattr(jobs, "send", sent.append)
    yield sent
    for key in client.scan_iter("opsconsole:preview:*"):
        client.delete(key)


def test_a_large_one_is_judged_by_the_task(client, editor, place, rule, posted, small):
    said = text(client.post(f"/rules/preview/?rule={rule}", posted, **HTMX))
    assert "Judging" in said
    name = small[0]
    assert f"/rules/preview/{name}/" in said
    preview_rule(name)
    preview_rule(name)
    said = text(client.get(f"/rules/preview/{name}/", **HTMX))
    assert "Would have fired once in the last 7 days" in said


def test_one_that_failed_says_why_and_is_tried_again(client, editor, place, rule, posted, small, monkeypatch):
    client.post(f"/rules/preview/?rule={rule}", posted, **HTMX)
    address = f"/rules/preview/{small[0]}/"
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "go_on", lambda *args: 1 / 0)
        with pytest.raises(ArithmeticError):
            preview_rule(small[0])
    for said in (text(client.get(address, **HTMX)), text(client.get(address))):
        assert "It could not be judged." in said
        assert "ZeroDivisionError: division by zero" in said
        assert "Try again" in said
        assert "Judging" not in said
    assert "Judging" in text(client.post(address, **HTMX))
    preview_rule(small[0])
    assert "Would have fired once" in text(client.get(address, **HTMX))


def test_the_next_one_replaces_it(client, editor, place, rule, posted, small):
    client.post(f"/rules/preview/?rule={rule}", posted, **HTMX)
    client.post(f"/rules/preview/?rule={rule}", posted | {"floor_critical": 11}, **HTMX)
    first, second = small[0], small[-1]
    preview_rule(first)
    assert "no longer kept" in text(client.get(f"/rules/preview/{first}/", **HTMX))
    assert "Judging" in text(client.get(f"/rules/preview/{second}/", **HTMX))


def test_another_persons_preview_is_not_shown(client, editor, place, rule, posted, small):
    client.post(f"/rules/preview/?rule={rule}", posted, **HTMX)
    person(client, "Viewer")
    assert "no longer kept" in text(client.get(f"/rules/preview/{small[0]}/", **HTMX))


def test_it_goes_on_turn_by_turn(place, rule, small, monkeypatch):
    now = clock.now()
    world.count(place, "/api/b", {clock.floor_minute(now) - HOUR: 1})
    world.count(place, "/api/c", {clock.floor_minute(now) - HOUR: 1})
    monkeypatch.setattr(run, "AT_ONCE", 1)
    name = jobs.start(1, run.asked(rule.current.decoded, None, now))
    assert [jobs.work(name, now, lambda: False) for _ in range(4)] == [True, True, False, False]
    outcome = jobs.find(name, 1).outcome
    assert (outcome.judged, outcome.total, outcome.number) == (3, 3, 3)
    assert outcome.fired == run.at_once(run.asked(rule.current.decoded, None, now), now).fired


def test_without_redis_the_busiest_are_judged_at_once(client, editor, place, rule, posted, small, monkeypatch):
    monkeypatch.setattr(jobs, "start", lambda *_: None)
    assert "Would have fired once" in text(client.post(f"/rules/preview/?rule={rule}", posted, **HTMX))


def test_queries_do_not_grow_with_routes(client, editor, place, rule):
    with CaptureQueriesContext(connection) as few:
        client.get(f"/rules/{rule}/test/")
    now = clock.floor_minute(clock.now())
    for n in range(20):
        world.count(place, f"/api/r{n}", {now - HOUR: n + 1})
    with CaptureQueriesContext(connection) as many:
        client.get(f"/rules/{rule}/test/")
    assert len(many) == len(few)
