"""Writing rules on pages: a new one, an edit, what differs, two at once, a copy, the way back, acts that ask."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from detections.rules.lifecycle import publish
from detections.rules.lifecycle.publish import VersionConflict
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Rule
from detections.rules.rule_form import saving
from detections.rules.silence_models import Silence, with_mutes
from detections.rules.spec.schema import RESERVED, decode, encode
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.rule_form.posted import ADMIN, opened
from tests.detections.rules.rule_form.posting import posted as posted_fields
from tests.markup import folded

pytestmark = pytest.mark.django_db

NEW = "/rules/new/"
EDIT = "/rules/R-1/edit/"


@pytest.fixture
def editor(client):
    groups.load()
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Rule editor"))
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="detections"))
    client.force_login(user)
    return user


@pytest.fixture
def project():
    return builders.project()


def text(answer):
    return folded(answer.content.decode())


def spec(rule):
    rule.refresh_from_db()
    return decode(rule.current.spec)


def test_a_name_and_a_route_make_a_rule(client, editor, project):
    sent = opened(client, NEW, title="Orders fail", route="/api/orders/*", project=project.slug, floor_high="4")
    answer = client.post(NEW, sent | {"_save": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/rules/DET-ORDERS-001/")
    rule = Rule.objects.get()
    assert (rule.mode, rule.current.author, spec(rule).selector.route) == ("draft", editor, "/api/orders/*")
    assert spec(rule).exceedance.floors.high == 4
    assert "DET-ORDERS-001 is saved as a draft" in text(client.get(answer["Location"]))


def test_saved_and_activated_at_once(client, editor, project):
    answer = client.post(NEW, opened(client, NEW, title="Orders fail", _activate="1"))
    assert Rule.objects.get().mode == "active"
    assert "is activated" in text(client.get(answer["Location"]))


def test_the_next_free_name_is_offered_and_another_may_be_given(client, editor, project):
    world.rule("DET-ORDERS-001")
    world.rule("DET-ORDERS-041")
    assert "DET-ORDERS-042" in text(client.get("/rules/identifier/", {"title": "The orders fail"}))
    assert "DET-RULE-001" in text(client.get("/rules/identifier/", {"title": "…"}))
    client.post(NEW, opened(client, NEW, title="Orders", identifier="MINE-1"))
    assert Rule.objects.filter(identifier="MINE-1").exists()
    refused = client.post(NEW, opened(client, NEW, title="Orders", identifier="MINE-1"))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["identifier"])


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_the_addresses_of_pages_are_no_names_of_rules(client, editor, project, name):
    refused = client.post(NEW, opened(client, NEW, title="Orders", identifier=name))
    assert "identifier" in refused.context["form"].errors


def test_two_who_are_offered_the_same_name_get_one_each(editor, project, monkeypatch):
    posted = {"title": "Orders", "kind": "signatures"}
    real, calls = publish.publish, []

    def overtaken(identifier, spec, **how):
        if not calls:
            calls.append(real(identifier, spec, now=how["now"], author_name="eve"))
        return real(identifier, spec, **how)

    monkeypatch.setattr(saving, "publish", overtaken)
    whole = {**_fields(), **posted, "kind": "exceedance"}
    form, saved = saving.checked_and_saved(_query(whole), None, clock.now(), editor)
    assert saved, form.errors
    assert sorted(Rule.objects.values_list("identifier", flat=True)) == ["DET-ORDERS-001", "DET-ORDERS-002"]


def test_a_baseline_that_goes_while_one_saves_asks_for_the_reason(client, editor, project, monkeypatch):
    """The form was checked while it was established; the save finds it gone."""
    asks = {"text": "Tune it later.", "enforce": "no_tuning_before_baseline"}
    world.rule("R-1", guardrails=[asks])
    established = iter([True, False])
    monkeypatch.setattr(publish, "baseline_established", lambda rule: next(established, False))
    refused = client.post(EDIT, opened(client, EDIT, floor_high="7", _save="1"))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert "Tune it later." in text(refused)


def _fields():
    from detections.rules.spec import form_fields

    return posted_fields(form_fields.to_fields(form_fields.NEW))


def _query(fields):
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def test_a_version_is_only_published_on_the_one_that_was_edited(project):
    rule = world.rule("R-1")
    later = decode({**encode(spec(rule)), "title": "Later"})
    with pytest.raises(VersionConflict):
        publish.publish("R-1", later, now=clock.now(), base=0)
    assert publish.publish("R-1", later, now=clock.now(), base=1).number == 2


def test_what_will_be_different_is_said_before_a_save(client, editor, project):
    world.rule("R-1")
    sent = opened(client, EDIT, floor_high="7", route="/api/*")
    panel = text(client.post("/rules/changes/?rule=R-1", sent, headers={"HX-Request": "true"}))
    assert "<dt>High from</dt>" in panel
    assert "<html" not in panel
    assert "So it now says" in panel
    page = text(client.post("/rules/changes/?rule=R-1", sent))  # the button, without a script
    assert "<dt>High from</dt>" in page
    assert "What will be different in R-1" in page
    assert Rule.objects.get().versions.count() == 1
    nothing = text(client.post("/rules/changes/?rule=R-1", opened(client, EDIT)))
    assert "Nothing: it is as it was saved." in nothing
    wrong = text(client.post("/rules/changes/?rule=R-1", sent | {"floor_high": "0"}))
    assert "<strong>High from</strong>: Ensure this value is greater than or equal to 1." in wrong


def test_a_save_says_what_is_different_now(client, editor, project):
    rule = world.rule("R-1")
    answer = client.post(EDIT, opened(client, EDIT, floor_high="7", reason="Too loud."))
    page = text(client.get(answer["Location"]))
    assert "R-1 is saved as version 2. High from: 3 → 7." in page
    assert (rule.versions.count(), spec(rule).exceedance.floors.high) == (2, 7)


@pytest.mark.parametrize("form", ["page", "admin"])
def test_the_second_of_two_editors_is_told_and_loses_nothing(client, editor, project, form):
    rule = world.rule("R-1")
    address = EDIT if form == "page" else reverse("admin:detections_rule_change", args=[rule.pk])
    mine = opened(client, address, ADMIN if form == "admin" else "rule-form", floor_high="7", owner="me")
    theirs = decode({**encode(spec(rule)), "title": "Theirs"})
    publish.publish("R-1", theirs, now=clock.now(), author_name="eve", reason="r")
    told = client.post(address, mine)
    page = text(told)
    assert told.status_code == (422 if form == "page" else 200)
    assert "eve saved version 2" in page
    assert "<dt>Name</dt>" in page
    assert 'name="owner" value="me"' in page
    assert rule.versions.count() == 2
    again = client.post(address, mine | {"version": "2"})
    assert again.status_code in (302, 303)
    assert (rule.versions.count(), spec(rule).owner, spec(rule).title) == (3, "me", "R-1")


def test_a_form_that_does_not_say_what_it_was_opened_on_is_refused(client, editor, project):
    world.rule("R-1")
    refused = client.post(EDIT, opened(client, EDIT, floor_high="7", version=None))
    assert "does not say which version" in text(refused)


def test_a_guardrail_asks_at_the_reason(client, editor, project):
    rule = world.beta()
    address = reverse("rule_edit", args=[rule.identifier])
    sent = opened(client, address, floor_high="4")
    panel = text(client.post(f"/rules/changes/?rule={rule.identifier}", sent))
    assert "Give the reason below when you save." in panel
    refused = client.post(address, sent)
    assert list(refused.context["form"].errors) == ["reason"]
    assert client.post(address, sent | {"reason": "Agreed with the testers."}).status_code == 303


def test_a_copy_begins_with_what_the_rule_says(client, editor, project):
    rule = world.rule("R-1", owner="sre-agent")
    sent = opened(client, f"{NEW}?copy=R-1", title="Mine", identifier="R-2")
    client.post(NEW, sent)
    assert spec(Rule.objects.get(identifier="R-2")).owner == "sre-agent"
    assert rule.versions.count() == 1


def test_a_shipped_rule_is_one_to_begin_with(client, editor, project):
    page = text(client.get(NEW))
    assert '<a href="/rules/new/?shipped=DET-OPS-002">DET-OPS-002</a>' in page
    sent = opened(client, f"{NEW}?shipped=DET-OPS-002", identifier="DET-OPS-900")
    assert client.post(NEW, sent).status_code == 303
    assert spec(Rule.objects.get(identifier="DET-OPS-900")).category == "ops"


def test_the_address_fills_fields_and_says_what_it_does_not_understand(client, editor, project):
    query = "?route=/api/x&floor_high=5&levels=fatal&floor_critical=many&colour=red&copy=NOPE-1"
    answer = client.get(NEW + query)
    page, initial = text(answer), answer.context["form"].initial
    assert (initial["route"], initial["floor_high"], initial["levels"]) == ("/api/x", 5, ["fatal"])
    assert "Critical from of the address is left out: Enter a whole number." in page
    assert "The address names colour, which is no field" in page
    assert "There is no rule NOPE-1 to begin with" in page
    sent = opened(client, NEW + query, title="Orders")
    assert client.post(NEW, sent).status_code == 303
    assert spec(Rule.objects.get()).selector.levels == ("fatal",)


def test_back_to_an_older_version_in_one_act(client, editor, project):
    rule = world.rule("R-1")
    client.post(EDIT, opened(client, EDIT, floor_high="7"))
    address = "/rules/R-1/versions/1/restore/"
    assert address in text(client.get("/rules/R-1/"))
    assert address in text(client.get(reverse("admin:detections_rule_history", args=[rule.pk])))
    asked = text(client.get(address))
    assert "Back to version 1?" in asked
    assert "<dt>High from</dt>" in asked
    refused = client.post(address, {"reason": " ", "current": "2"})
    assert (refused.status_code, "Say why" in text(refused)) == (422, True)
    overtaken = client.post(address, {"reason": "Too quiet.", "current": "1"})
    assert (overtaken.status_code, "ada saved version 2" in text(overtaken)) == (422, True)
    done = client.post(address, {"reason": "Too quiet.", "current": "2"})
    assert "R-1 is back to version 1, as version 3. High from: 7 → 3." in text(client.get(done["Location"]))
    assert (rule.versions.count(), spec(rule).exceedance.floors.high) == (3, 3)


def test_a_version_that_no_longer_fits_is_refused_clearly(client, editor, project):
    rule = world.rule("R-1", selector={"sources": [{"source": "sentry"}], "project": "gone"})
    later = decode({**encode(spec(rule)), "selector": {"sources": [{"source": "sentry"}]}})
    publish.publish("R-1", later, now=clock.now(), author_name="eve")
    address = "/rules/R-1/versions/1/restore/"
    assert "That version no longer fits" in text(client.get(address))
    assert "No project is called gone" in text(client.post(address, {"reason": "r", "current": "2"}))
    assert rule.versions.count() == 2
    assert client.get("/rules/R-1/versions/9/restore/").status_code == 404


def test_rules_chosen_in_the_list_are_asked_about_and_acted_on(client, editor, project):
    rules = [world.rule("R-1"), world.rule("R-2")]
    rows = [f"{rule.pk}:active" for rule in rules]
    asked = client.post("/rules/bulk/", {"act": "mute", "row": rows})
    page = client.get(asked["Location"])
    assert "R-1" in text(page)
    assert "R-2" in text(page)
    sent = {"row": [rule.pk for rule in rules], "length": "240", "reason": "Deploy"}
    assert client.post("/rules/acts/mute/", sent).status_code == 303
    assert {s.reason for s in Silence.objects.all()} == {"Deploy"}
    assert {(s.ends_at - s.starts_at).total_seconds() for s in Silence.objects.all()} == {4 * 3600}
    assert {mode_now(rule, clock.now()) for rule in with_mutes(Rule.objects.all())} == {"muted"}
    refused = client.post("/rules/acts/mute/", {**sent, "length": "7"})
    assert refused.status_code == 422


def test_an_act_that_cannot_be_done_on_one_is_said_and_the_others_are_done(client, editor, project):
    Rule.objects.create(identifier="EMPTY", title="no version")
    world.rule("R-1", mode="draft")
    rows = list(Rule.objects.values_list("pk", flat=True))
    page = text(client.post("/rules/acts/arm/", {"row": rows}, follow=True))
    assert "EMPTY has no version yet" in page
    assert "R-1 is activated." in page
    assert dict(Rule.objects.values_list("identifier", "mode")) == {"EMPTY": "draft", "R-1": "active"}


def test_a_refused_form_says_what_is_wrong_with_links_to_its_fields(client, editor, project):
    sent = opened(client, NEW, title="", floor_high="many", _save="1")
    html = text(client.post(NEW, sent))
    links = re.findall(r'<a href="#(id_[^"]+)">', html)
    assert {"id_title", "id_floor_high"} <= set(links)
    assert all(f'id="{target}"' in html for target in links)
