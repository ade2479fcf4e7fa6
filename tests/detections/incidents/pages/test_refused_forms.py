"""Whatever form of an incident is refused keeps what was typed in it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from detections.incidents.actions import acts
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.models import Incident
from detections.incidents.record.change_status import change_status
from detections.incidents.record.write import IncidentConflict
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import of_person
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user
from tests.detections.incidents.pages.conftest import NOW

OLD = {"version": "0"}  # what is on the page of who comes second
LONG = "y" * 501


@dataclass(frozen=True)
class Refused:
    """A form that is posted, and what of it is to be found in the answer."""

    path: str
    words: dict[str, str]
    status: int
    kept: tuple[str, ...]


def value(text: str) -> str:
    return f'value="{text}"'


def chosen(option: str) -> str:
    return f'value="{option}" selected'


FORMS = (
    Refused("status/", {"status": "open", "why": "it is back", **OLD}, 409, (value("it is back"), chosen("open"))),
    Refused("status/", {"status": "open", "why": "y" * 301}, 422, (value("y" * 301), 'id="incident-more" open')),
    Refused("status/", {"status": "open", "why": ""}, 422, (chosen("open"), 'id="incident-more" open')),
    Refused("severity/", {"severity": "1", "why": "all of them", **OLD}, 409, (value("all of them"), chosen("1"))),
    Refused("severity/", {"severity": "2", "why": ""}, 422, (chosen("2"), 'id="incident-more" open')),
    Refused("roles/", {"role": "Phones", "to": "bea", **OLD}, 409, (value("Phones"), value("bea"))),
    Refused("roles/", {"role": "Scribe", "to": "zoe"}, 422, (value("Scribe"), value("zoe"))),
    Refused("links/", {"link": "what I mean", "text": "My PR"}, 422, (value("what I mean"), value("My PR"))),
    Refused("hand-over/", {"to": "bea", **OLD}, 409, (chosen("bea"),)),
    Refused("hand-over/", {"to": "zoe"}, 422, ("There is no owner and no person",)),
    Refused("edit/", {"title": "Mine", "summary": "What I know", **OLD}, 409, (value("Mine"), "What I know")),
    Refused("edit/", {"title": "", "summary": "What I know"}, 422, ("What I know",)),
    Refused("words/", {"bug_class": "race", "factor_1": "no alert", **OLD}, 409, (value("race"), value("no alert"))),
    Refused("words/", {"bug_class": LONG, "factor_1": "no alert"}, 422, (value(LONG), value("no alert"))),
    Refused("updates/new/", {"text": "We look", "next_in": "30", **OLD, "after": "0"}, 409, ("We look",)),
    Refused("updates/new/", {"text": "We look " + "y" * 2001}, 422, ("We look",)),
    Refused("notes/", {"text": "We looked", "at": "2199-01-01T00:00"}, 422, ("We looked", "2199-01-01T00:00")),
    Refused("actions/add/", {"text": "Alert on it", "due": "soon"}, 422, (value("Alert on it"), value("soon"))),
    Refused("close/", {"disposition_why": "a test", **OLD}, 409, (value("a test"),)),
    Refused("close/", {"disposition": "false_positive", "leave_out": "1"}, 422, (chosen("false_positive"),)),
)


@pytest.fixture
def resolved(ada: User) -> Incident:
    """Of severity 3 without a postmortem, resolved by Bea just before."""
    alert = make_alert(resolved_at=START)
    incident = make_incident(severity=3, commander=of_person(make_user("cyd")), started_at=START, alerts=[alert.pk])
    make_user("bea")
    change_status(incident.pk, "resolved", NOW, by=None, actor="bea")
    return incident


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.path}{form.status}-{len(form.words)}")
def test_what_was_typed_stays(signed_in: Client, resolved: Incident, form: Refused) -> None:
    answer = signed_in.post(f"/incidents/{resolved.pk}/{form.path}", form.words)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == form.status
    assert [each for each in form.kept if each not in page] == []


def test_why_an_item_is_dropped_stays(signed_in: Client, resolved: Incident, ada: User) -> None:
    item = acts.add(resolved.pk, ActionDraft("Alert on it"), NOW, by=ada, actor="ada")
    url = f"/incidents/actions/{item.pk}/drop/"
    page = signed_in.post(url, {"why": "y" * 301, "version": "0"})
    assert (page.status_code, value("y" * 301) in page.content.decode()) == (422, True)
    acts.edit(item.pk, ActionDraft("Alert on all"), NOW, by=ada, actor="ada")
    page = signed_in.post(url, {"why": "too dear", "version": "0"})
    assert (page.status_code, value("too dear") in page.content.decode()) == (409, True)
    assert signed_in.post(url, {"why": "too dear", "version": "1"}).status_code == 303
    page = signed_in.post(url, {"why": "too much", "version": "1"})
    assert (page.status_code, value("too much") in page.content.decode()) == (409, True)


def test_a_note_that_was_written_with_another_text_stays(signed_in: Client, resolved: Incident) -> None:
    url, key = f"/incidents/{resolved.pk}/notes/", "7b0f3c1e-4a52-4d0b-8a1e-0c9a54f6a001"
    signed_in.post(url, {"text": "One", "key": key})
    page = signed_in.post(url, {"text": "Two", "key": key})
    assert (page.status_code, ">Two</textarea>" in page.content.decode()) == (409, True)


def test_an_action_item_of_an_incident_that_closes_meanwhile_stays(
    signed_in: Client, resolved: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*args: object, **words: object) -> None:
        raise IncidentConflict(resolved, "It is closed.")

    monkeypatch.setattr(acts, "add", closed)
    for headers in ({}, {"HX-Request": "true"}):
        page = signed_in.post(f"/incidents/{resolved.pk}/actions/add/", {"text": "Alert on it"}, headers=headers)
        assert (page.status_code, value("Alert on it") in page.content.decode()) == (409, True)


def test_a_head_that_keeps_what_was_typed_is_not_replaced_by_polls(signed_in: Client, resolved: Incident) -> None:
    page = signed_in.post(f"/incidents/{resolved.pk}/severity/", {"severity": "2", "why": ""}).content.decode()
    head = page[page.index('id="incident-head"') :].partition(">")[0]
    assert "data-poll" not in head
    head = signed_in.get(f"/incidents/{resolved.pk}/").content.decode().partition('id="incident-head"')[2]
    assert "data-poll" in head.partition(">")[0]
