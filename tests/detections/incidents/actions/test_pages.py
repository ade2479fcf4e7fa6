"""Action items on the incident's page, and the list of those of all incidents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detections.incidents.action_models import ActionItem
from detections.incidents.actions import acts
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.models import Incident
from opsconsole.accounts.models import Owner, User
from tests.detections.alerts.factories import START
from tests.detections.incidents.factories import make_incident
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TODAY, DAY = START.date(), timedelta(days=1)


@pytest.fixture(autouse=True)
def one_moment() -> Any:
    with time_machine.travel(START, tick=False):
        yield


@pytest.fixture
def responder() -> User:
    user = User.objects.create_user("rita")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_incident", "change_incident"]))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(responder: User) -> Client:
    return client_of(responder)


def add(text: str, incident: Incident | None = None, **words: str) -> ActionItem:
    pk = (incident or make_incident()).pk
    return acts.add(pk, ActionDraft(text, **words), START, by=None, actor="ada")


def shown(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/incidents/actions/{query}")
    assert response.status_code == 200
    return [row.item.text for row in response.context["rows"]]


def test_an_item_is_added_finished_and_opened_again_from_the_incidents_page(client: Client) -> None:
    Owner.objects.create(name="sre-agent")
    incident = make_incident()
    add_url = reverse("action_add", args=[incident.pk])
    words = {"text": "Alert on the age", "owner": "sre-agent", "due": "2026-06-20", "link": "https://git.example/1"}
    assert client.post(add_url, words).headers["Location"] == f"/incidents/{incident.pk}/"
    item = incident.actions.get()
    page = client.get(f"/incidents/{incident.pk}/").content.decode()
    for part in ("Alert on the age", "sre-agent", "due 2026-06-20", 'href="https://git.example/1"', "Done"):
        assert part in page
    part = client.post(reverse("action_done", args=[item.pk]), {"version": "0"}, headers=HTMX)
    assert (part.status_code, "by rita" in part.content.decode()) == (200, True)
    assert part.content.decode().lstrip().startswith("<section")
    client.post(reverse("action_reopen", args=[item.pk]), {"version": "1"})
    item.refresh_from_db()
    assert item.status == "open"


def test_what_cannot_be_added_keeps_what_was_typed(client: Client) -> None:
    incident = make_incident()
    words = {"text": "Alert on the age", "due": "tomorrow"}
    for headers in ({}, HTMX):
        answer = client.post(reverse("action_add", args=[incident.pk]), words, headers=headers)
        page = answer.content.decode()
        assert (answer.status_code, "A date as 2026-06-20" in page, "Alert on the age" in page) == (422, True, True)
    assert not incident.actions.exists()


def test_who_saves_second_sees_what_is_there_and_keeps_what_was_typed(client: Client) -> None:
    item = add("One")
    acts.edit(item.pk, ActionDraft("Two"), START, by=None, actor="ada", seen=0)
    url = reverse("action_edit", args=[item.pk])
    answer = client.post(url, {"text": "Three", "version": "0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(part in page for part in ("It changed since", "Two", 'value="Three"', 'name="version" value="1"'))
    assert client.post(url, {"text": "Three", "version": "1"}).status_code == 303
    item.refresh_from_db()
    assert item.text == "Three"


def test_dropping_asks_why(client: Client) -> None:
    item = add("One")
    url, edit_url = reverse("action_drop", args=[item.pk]), reverse("action_edit", args=[item.pk])
    page = client.get(f"{edit_url}?next=/incidents/actions/%3Fowner=-").content.decode()
    assert "Why it is not to be done" in page
    assert 'href="/incidents/actions/?owner=-"' in page
    assert "evil.example" not in client.get(f"{edit_url}?next=https://evil.example/").content.decode()
    client.post(url, {"version": "0", "why": ""})
    item.refresh_from_db()
    assert item.status == "open"
    assert client.post(url, {"version": "0", "why": "too dear", "next": "/incidents/actions/"})["Location"] == (
        "/incidents/actions/"
    )
    item.refresh_from_db()
    assert (item.status, item.why) == ("dropped", "too dear")


def test_items_outlive_their_incident_but_none_is_added_to_a_closed_one(client: Client, responder: User) -> None:
    item = add("One")
    Incident.objects.filter(pk=item.incident_id).update(status="closed", resolved_at=START, closed_at=START)
    add_url = reverse("action_add", args=[item.incident_id])
    assert client.post(add_url, {"text": "Two"}).status_code == 403
    assert client.post(reverse("action_done", args=[item.pk]), {"version": "0"}).status_code == 303
    item.refresh_from_db()
    assert item.status == "done"
    responder.user_permissions.add(Permission.objects.get(codename="edit_closed_incident"))
    assert client_of(User.objects.get(pk=responder.pk)).post(add_url, {"text": "Two"}).status_code == 303


def test_the_list_has_open_ones_due_soonest_first_and_filters(client: Client) -> None:
    owner = Owner.objects.create(name="sre-agent")
    incident = make_incident("Mail is late", severity=1)
    add("later", due="2026-07-01", owner="sre-agent")
    add("never", link="https://git.example/77")
    add("late", incident, due="2026-06-11")
    acts.finish(add("done").pk, START, by=None, actor="ada")
    acts.drop(add("dropped").pk, "no", START, by=None, actor="ada")
    assert shown(client) == ["late", "later", "never"]
    assert shown(client, "?sort=newest") == ["late", "never", "later"]
    assert shown(client, "?status=overdue") == ["late"]
    assert shown(client, "?status=done") == ["done"]
    assert shown(client, "?status=dropped") == ["dropped"]
    assert shown(client, "?status=any") == ["dropped", "done", "late", "never", "later"]
    assert shown(client, f"?owner={owner.name}") == ["later"]
    assert shown(client, "?owner=-") == ["late", "never"]
    assert shown(client, "?severity=1") == ["late"]
    assert shown(client, "?q=mail") == shown(client, f"?q=inc-{incident.pk}") == ["late"]
    assert shown(client, "?q=example/77") == ["never"]
    assert "Overdue" in client.get("/incidents/actions/").content.decode()


def test_what_is_due_today_is_overdue_tomorrow_in_the_zone_of_who_looks(responder: User) -> None:
    add("today", due=TODAY.isoformat())
    client = client_of(responder)
    assert shown(client, "?status=overdue") == []
    User.objects.filter(pk=responder.pk).update(time_zone="Pacific/Kiritimati")  # 14 hours ahead: tomorrow already
    assert shown(client_of(User.objects.get(pk=responder.pk)), "?status=overdue") == ["today"]


def test_several_are_done_or_dropped_in_one_act(client: Client) -> None:
    first, second, changed = add("first"), add("second"), add("changed")
    acts.edit(changed.pk, ActionDraft("other"), START, by=None, actor="ada", seen=0)
    rows = [f"{item.pk}:0" for item in (first, changed)]
    page = client.post("/incidents/actions/bulk/", {"act": "done", "row": rows}, follow=True).content.decode()
    assert "Done: 1 action item done." in page
    assert "1 action item refused. other: It changed since you saw it" in page
    words = {"act": "drop", "row": [f"{second.pk}:0"]}
    assert "Why" in client.post("/incidents/actions/bulk/", words).content.decode()
    client.post("/incidents/actions/bulk/", {**words, "confirmed": "1", "why": "too dear"})
    assert list(ActionItem.objects.order_by("pk").values_list("status", flat=True)) == ["done", "dropped", "open"]


def test_the_queries_do_not_grow_with_the_items(client: Client) -> None:
    def queries() -> int:
        client.get("/incidents/actions/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/incidents/actions/")
        return len(captured)

    add("one", due="2026-06-11")
    before = queries()
    for number in range(20):
        add(f"item {number}", due="2026-06-11")
    assert queries() == before == 6


def test_who_may_only_look_sees_no_buttons() -> None:
    item = add("One")
    viewer = client_of(make_viewer())
    assert "Done</button>" not in viewer.get(f"/incidents/{item.incident_id}/").content.decode()
    assert "Edit" not in viewer.get("/incidents/actions/").content.decode()
    assert viewer.post(reverse("action_done", args=[item.pk])).status_code == 403


@pytest.mark.parametrize("url", ["/incidents/actions/999999/", "/incidents/999999/actions/add/"])
def test_what_is_not_there(client: Client, url: str) -> None:
    assert client.post(url, {"text": "a"}).status_code == 404
    assert client.post("/incidents/actions/999999/done/").status_code == 404


@pytest.mark.parametrize("field", ["text", "owner", "due", "link"])
def test_what_a_field_cannot_take_is_said_and_not_left_out(client: Client, field: str) -> None:
    incident = make_incident()
    typed = {"text": "Alert on it", "owner": "", "due": "", "link": ""} | {field: "a\0b"}
    assert client.post(reverse("action_add", args=[incident.pk]), typed).status_code == 422
    assert not ActionItem.objects.exists()
    item = add("Alert on it", incident)
    assert client.post(reverse("action_edit", args=[item.pk]), typed | {"version": item.revision}).status_code == 422
