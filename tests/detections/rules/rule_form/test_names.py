"""Completion of the names in a rule's form."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detections.rules.lifecycle.name_kinds import KINDS
from detections.rules.rule_form.names import MOST, SEEN
from opsconsole.accounts import owners
from opsconsole.accounts.models import Owner, User
from opsconsole.lib import clock
from tests.detections import builders
from tests.detections.rules import world
from tests.people import make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(client: Client) -> Client:
    client.force_login(make_viewer())
    return client


def words(client: Client, **query: str) -> list[dict[str, str]]:
    answer = client.get(reverse("rule_names"), query)
    assert answer.status_code == 200
    found: list[dict[str, str]] = answer.json()["words"]
    return found


def test_names_that_begin_so_come_first(visitor: Client) -> None:
    owners.load()
    Owner.objects.create(name="backup-sre", description="At night")
    assert [each["word"] for each in words(visitor, kind="owner", q="SRE")] == ["sre-agent", "backup-sre"]
    User.objects.create_user("ada")
    assert {"word": "ada", "says": "person"} in words(visitor, kind="owner", q="")


def test_what_events_sent_lately_is_offered(visitor: Client) -> None:
    now = clock.now()
    project = builders.project()
    world.environment(project, since=now - world.HOUR)
    sent = world.events(1, now, exception={"values": [{"type": "SolverError", "value": "x"}]}, tags={"component": "s"})
    world.arrive(project, sent, now)
    assert words(visitor, kind="exception", q="solver") == [{"word": "SolverError", "says": ""}]
    assert {"word": "component", "says": ""} in words(visitor, kind="tag", q="comp")


@pytest.mark.parametrize("kind", [*KINDS, *SEEN])
@pytest.mark.parametrize("typed", ["", "é", "%_\\", "x" * 5000])
def test_any_text_is_answered(visitor: Client, kind: str, typed: str) -> None:
    assert len(words(visitor, kind=kind, q=typed)) <= MOST


def test_an_unknown_kind_is_told_which_there_are(visitor: Client) -> None:
    answer = visitor.get(reverse("rule_names"), {"kind": "mood", "q": ""})
    assert answer.status_code == 400
    assert "flag, var, app_var, item" in answer.json()["error"]


def test_it_is_for_people_who_are_logged_in(client: Client) -> None:
    answer: Any = client.get(reverse("rule_names"), {"kind": "owner", "q": ""})
    assert answer.status_code == 302
    assert client.post(reverse("rule_names")).status_code == 405
