"""The pages of a postmortem: draft, edit with a preview, history, export, print."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from detections.incidents.models import Incident
from detections.incidents.postmortem.edit import save_version
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import START
from tests.detections.incidents.factories import make_incident
from tests.people import make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_moment() -> Any:
    with time_machine.travel(START, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    user = User.objects.create_user("rita")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_incident", "change_incident"]))
    client = Client()
    client.force_login(user)
    return client


def url(incident: Incident, name: str = "") -> str:
    return f"/incidents/{incident.pk}/postmortem/{name}"


def written(text: str = "# Why\n\nOne **reason**\n\n{action_items}") -> Incident:
    incident = make_incident()
    save_version(incident.pk, text, START, by=None, actor="ada", seen=0)
    return incident


def test_from_the_draft_to_the_finished_file(client: Client) -> None:
    incident = make_incident(summary="Orders were refused.")
    assert "Draft it from the record" in client.get(f"/incidents/{incident.pk}/").content.decode()
    assert client.post(url(incident, "draft/"), {"version": "0"})["Location"] == url(incident, "edit/")
    editor = client.get(url(incident, "edit/"))
    text = editor.context["form"].initial["text"]
    assert "Orders were refused." in text
    words = {"text": text.replace("_What went well", "_Nothing went well"), "version": "1", "finished": "on"}
    assert client.post(url(incident, "edit/"), words)["Location"] == url(incident)
    incident.actions.create(text="Alert on the age", created_at=START, created_by="ada")
    page = client.get(url(incident)).content.decode()
    assert all(part in page for part in ("Nothing went well", "Finished", "[ ] Alert on the age", "rita"))
    exported = client.get(url(incident, "export/"))
    assert exported["Content-Type"] == "text/markdown; charset=utf-8"
    assert exported["Content-Disposition"] == f'attachment; filename="INC-{incident.pk}-postmortem.md"'
    assert "## Action items\n\n- [ ] Alert on the age (no owner, no due date)\n" in exported.content.decode()
    printed = client.get(url(incident, "print/")).content.decode()
    assert "[ ] Alert on the age" in printed
    assert "<nav" not in printed
    assert [printed.count(part) for part in ("<h1>", f"INC-{incident.pk}: Orders fail")] == [1, 1]


def test_who_finishes_what_still_asks_is_told_so(client: Client) -> None:
    """An update with a blank is refused; a postmortem may stay short, but not by oversight."""
    incident = make_incident(summary="Orders were refused.")
    client.post(url(incident, "draft/"), {"version": "0"})
    answer = client.post(url(incident, "finish/"), {"finished": "1", "version": "1"}, follow=True)
    said = [(message.level_tag, str(message)) for message in answer.context["messages"]]
    assert ("success", "It is finished.") in said
    (warning,) = (text for level, text in said if level == "warning")
    assert "What was done, what helped, what did not." in warning
    assert "What happened, to whom" not in warning  # the summary of the incident answers it
    client.post(url(incident, "edit/"), {"text": "# Why\n\nA race.", "version": "2", "finished": "on"})
    answer = client.get(url(incident))
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]


def test_a_text_that_begins_without_a_title_is_printed_under_the_incidents_own(client: Client) -> None:
    incident = written("Words\n\n# Later")
    printed = client.get(url(incident, "print/")).content.decode()
    assert f"<h1>INC-{incident.pk} Orders fail</h1>" in printed
    assert "<h2>Later</h2>" in printed


def test_finishing_by_the_button_and_taking_it_back(client: Client) -> None:
    incident = written()
    for finished, version in (("1", "1"), ("0", "2")):
        client.post(url(incident, "finish/"), {"finished": finished, "version": version})
        newest = incident.postmortem_versions.latest("number")
        assert (newest.number, newest.finished) == (int(version) + 1, finished == "1")
    page = client.post(url(incident, "finish/"), {"finished": "1", "version": "2"}, follow=True).content.decode()
    assert "changed it since you saw it" in page


def test_finishing_leads_who_may_to_closing_the_incident_that_waits_for_it(client: Client) -> None:
    incident = written()
    Incident.objects.filter(pk=incident.pk).update(status="postmortem", resolved_at=START)
    close = f"/incidents/{incident.pk}/close/"
    rita = User.objects.get(username="rita")
    rita.user_permissions.add(Permission.objects.get(codename="close_incident"))
    assert client.post(url(incident, "finish/"), {"finished": "1", "version": "1"})["Location"] == close
    assert client.post(url(incident, "finish/"), {"finished": "0", "version": "2"})["Location"] == url(incident)
    words = {"text": "done", "version": "3", "finished": "on"}
    assert client.post(url(incident, "edit/"), words)["Location"] == close
    rita.user_permissions.remove(Permission.objects.get(codename="close_incident"))
    assert client.post(url(incident, "edit/"), {**words, "text": "more", "version": "4"})["Location"] == url(incident)


def test_who_saves_second_sees_what_is_new_and_keeps_the_text(client: Client) -> None:
    incident = written("mine\n\nours")
    save_version(incident.pk, "theirs\n\nours", START, by=None, actor="grace", seen=1)
    words = {"text": "mine too\r\n\r\nours", "version": "1", "note": "n"}
    answer = client.post(url(incident, "edit/"), words)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(part in page for part in ("grace saved version 2", "- mine too", "+ theirs", 'value="2"'))
    assert "mine too" in str(answer.context["form"]["text"])
    assert client.post(url(incident, "edit/"), {**words, "version": "2"}).status_code == 303


def test_drafting_again_keeps_what_was_there(client: Client) -> None:
    incident = written()
    assert "Draft it again" in client.get(url(incident)).content.decode()
    page = client.post(url(incident, "draft/"), {"version": "0"}, follow=True).content.decode()
    assert "ada wrote one meanwhile" in page
    client.post(url(incident, "draft/"), {"version": "1"})
    assert list(incident.postmortem_versions.values_list("number", "note")) == [(2, "Drafted from the record"), (1, "")]


def test_versions_show_what_changed_and_can_be_gone_on_from(client: Client) -> None:
    incident = written("one\n\ntwo")
    save_version(incident.pk, "one\n\nthree", START + timedelta(1), by=None, actor="grace", seen=1, note="Three")
    history = client.get(url(incident, "history/")).content.decode()
    assert all(part in history for part in ("Version 2", "grace: Three", "Version 1"))
    version = client.get(url(incident, "versions/2/")).content.decode()
    assert all(part in version for part in ("- two", "+ three"))
    assert "Go on from this version" in client.get(url(incident, "versions/1/")).content.decode()
    form = client.get(url(incident, "edit/?from=1")).context["form"]
    assert (form.initial["text"], form.initial["version"], form.initial["note"]) == (
        "one\n\ntwo\n",
        2,
        "Back to version 1",
    )


def test_the_preview_is_safe_and_has_the_action_items(client: Client) -> None:
    incident = written()
    incident.actions.create(text="Alert on the age", created_at=START, created_by="ada")
    words = {"text": "**b** <script>alert(1)</script>\n\n{action_items}"}
    page = client.post(url(incident, "preview/"), words).content.decode()
    assert all(part in page for part in ("<strong>b</strong>", "Alert on the age"))
    assert "<script" not in page
    whole = client.post(url(incident, "edit/"), {**words, "version": "1", "preview": "1"})
    assert (whole.status_code, "<strong>b</strong>" in whole.content.decode()) == (200, True)
    assert incident.postmortem_versions.count() == 1


@pytest.mark.parametrize("words", [{"text": "", "version": "1"}, {"text": "a"}, {"text": "a", "version": "x"}])
def test_what_cannot_be_saved_is_said(client: Client, words: dict[str, str]) -> None:
    assert client.post(url(written(), "edit/"), words).status_code == 422


def test_of_a_closed_incident_only_who_may_edit_closed_ones_writes(client: Client) -> None:
    incident = written()
    Incident.objects.filter(pk=incident.pk).update(status="closed", resolved_at=START, closed_at=START)
    assert client.get(url(incident)).status_code == 200
    for name in ("edit/", "draft/", "finish/"):
        assert client.post(url(incident, name), {"text": "a", "version": "1"}).status_code == 403
    user = User.objects.get(username="rita")
    user.user_permissions.add(Permission.objects.get(codename="edit_closed_incident"))
    assert client.post(url(incident, "finish/"), {"finished": "1", "version": "1"}).status_code == 303
    assert incident.timeline.filter(text__startswith="Postmortem finished").exists()


def test_who_may_only_look_reads_and_exports_and_changes_nothing() -> None:
    incident = written()
    client = Client()
    client.force_login(make_viewer())
    for name in ("", "history/", "versions/1/", "export/", "print/"):
        assert client.get(url(incident, name)).status_code == 200, name
    for name in ("edit/", "draft/", "finish/", "preview/"):
        assert client.post(url(incident, name), {"version": "1"}).status_code == 403, name
    assert "Edit" not in client.get(url(incident)).content.decode()


def test_before_the_first_there_is_nothing_to_edit_or_export(client: Client) -> None:
    incident = make_incident()
    assert client.get(url(incident)).status_code == 200
    assert client.get(url(incident, "edit/"))["Location"] == url(incident)
    assert client.post(url(incident, "finish/"), {"finished": "1"}).status_code == 303
    for name in ("export/", "print/", "versions/1/", "versions/99999999999/"):
        assert client.get(url(incident, name)).status_code == 404, name
    assert client.get("/incidents/999999/postmortem/").status_code == 404


def test_overdue_is_said_on_the_incidents_page(client: Client) -> None:
    incident = make_incident()
    due = {"status": "postmortem", "resolved_at": START, "postmortem_due_at": START - timedelta(days=1)}
    Incident.objects.filter(pk=incident.pk).update(**due)
    assert client.get(f"/incidents/{incident.pk}/").context["postmortem"].overdue
    save_version(incident.pk, "done", START, by=None, actor="ada", seen=0, finished=True)
    state = client.get(f"/incidents/{incident.pk}/").context["postmortem"]
    assert (state.overdue, state.due_at, state.word) == (False, None, "finished")
