"""Notes with files over the API: the kinds and limits of the incident's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from detections.incidents.models import Incident
from detections.incidents.timeline_models import TimelineFile
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.detections.incidents.factories import START, make_incident, make_user

NOW = START + timedelta(hours=1)
LOG = b"pool is empty\n"


@pytest.fixture
def incident(db: None, monkeypatch: pytest.MonkeyPatch) -> Incident:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_incident()


@pytest.fixture
def api(incident: Incident) -> Client:
    user: User = make_user("ada")
    user.user_permissions.set(Permission.objects.filter(codename="change_incident"))
    return Client(headers={"Authorization": f"Bearer {tokens.create(user, 'bot', ApiToken.Scope.WRITE)[1]}"})


def send(api: Client, incident: Incident, expected: int, **form: Any) -> dict[str, Any]:
    answer = api.post(f"/api/v1/incidents/{incident.pk}/notes/", form)
    assert answer.status_code == expected, answer.content
    said: dict[str, Any] = answer.json()
    return said


def log(name: str = "pool.log", content: bytes = LOG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_files_come_with_a_note_as_a_form(api: Client, incident: Incident) -> None:
    at = (NOW - timedelta(minutes=5)).isoformat()
    line = send(api, incident, 201, text="# What I saw\n\nall of it", at=at, key="", files=[log(), log("two.txt")])
    assert (line["text"], line["at"], line["actor"]) == ("What I saw", "2026-06-12T14:55:00Z", "ada (token bot)")
    assert [(each["name"], each["size"]) for each in line["files"]] == [("pool.log", 14), ("two.txt", 14)]
    assert bytes(TimelineFile.objects.get(name="pool.log").content) == LOG
    read = api.get(f"/api/v1/incidents/{incident.pk}/timeline/?show=notes").json()["items"]
    assert read == [line]
    assert send(api, incident, 201, text="without a file")["files"] == []


def test_a_form_that_is_sent_again_by_its_key_is_one_note(api: Client, incident: Incident) -> None:
    key = "7b0f3c1e-4a52-4d0b-8a1e-0c9a54f6a001"
    first, second = (send(api, incident, 201, text="once", key=key, files=[log()]) for _ in range(2))
    assert first == second
    assert "another text" in send(api, incident, 409, text="other", key=key, files=[log()])["detail"]
    assert TimelineFile.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"files": [log()]}, "text: required."),
        ({"text": "x", "files": [log("run.exe", b"MZ\x90\x00")]}, "files: run.exe is of a kind that is not kept"),
        ({"text": "x", "files": [log("page.html", b"<!doctype html>")]}, "files: page.html is of a kind"),
        ({"text": "x", "files": [log("k.txt", b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n")]}, "looks like it holds"),
        ({"text": "x", "files": [log("a.log", b"y" * 60), log("b.log", b"y" * 60)]}, "are larger than"),
        ({"text": "x", "files": [log("a.log", b"y" * 101)]}, "files: a.log is larger than"),
        ({"text": "x", "files": [log() for _ in range(6)]}, "at most 5 files, not 6"),
        ({"text": "x", "file": log()}, "a note has no such field; allowed: text, at, key, files (files)."),
        ({"text": "x", "files": "a path"}, "body.files: there is no such field"),
        ({"text": "x", "at": "yesterday"}, "at: "),
        ({"text": "x", "key": "1"}, "key: "),
    ],
)
def test_what_is_not_taken_is_said(
    api: Client, incident: Incident, settings: Settings, form: dict[str, Any], said: str
) -> None:
    settings.EVIDENCE_MAX_FILE = 100
    for file in [each for each in (*form.get("files", ()), form.get("file")) if isinstance(each, SimpleUploadedFile)]:
        file.seek(0)
    assert said in send(api, incident, 422, **form)["detail"]
    assert not incident.timeline.filter(kind="note").exists()


def test_other_operations_take_no_form(api: Client, incident: Incident) -> None:
    answer = api.post(f"/api/v1/incidents/{incident.pk}/actions/", {"text": "x"})
    assert answer.status_code == 400
