"""The vocabulary: found in any case, made on the way, counted, and set on an incident in one act."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.incidents.models import BugClass, ContributingFactor, Incident
from detections.incidents.record.write import IncidentInputError
from detections.incidents.vocabulary.counts import bug_classes
from detections.incidents.vocabulary.words import bug_class_named, factors_named
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.detections.incidents.factories import make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    user = User.objects.create_user("rita")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_incident", "change_incident"]))
    client = Client()
    client.force_login(user)
    return client


def names(incident: Incident) -> list[str]:
    return list(incident.factors.values_list("name", flat=True))


def test_a_word_is_found_in_any_case_and_made_where_there_is_none() -> None:
    made = bug_class_named("  Mutable\nstate ")
    assert made is not None
    assert made.name == "Mutable state"
    assert bug_class_named("mutable STATE") == made
    assert bug_class_named(" ") is None
    assert [factor.name for factor in factors_named(["No canary", "", "no CANARY", "No test"])] == [
        "no CANARY",
        "No test",
    ]
    assert ContributingFactor.objects.count() == 2


def test_what_cannot_be_taken_is_refused_by_name() -> None:
    with pytest.raises(IncidentInputError, match=r"^bug_class: a name has at most 200"):
        bug_class_named("x" * 201)
    with pytest.raises(IncidentInputError, match=r"^factors: without NUL"):
        factors_named(["a\0"])
    with pytest.raises(IncidentInputError, match=r"^factors: at most 20"):
        factors_named([f"factor {number}" for number in range(21)])
    assert not ContributingFactor.objects.exists()


def test_an_incident_is_described_and_found_by_its_words(client: Client) -> None:
    incident = make_incident()
    words: dict[str, Any] = {
        "version": "0",
        "bug_class": "Mutable state",
        "factor_1": "No canary",
        "factor_2": "No test",
    }
    assert client.post(f"/incidents/{incident.pk}/words/", words).status_code == 303
    incident.refresh_from_db()
    assert (str(incident.bug_class), names(incident)) == ("Mutable state", ["No canary", "No test"])
    assert incident.timeline.filter(text="Edited: bug class, contributing factors").exists()
    words = {"version": str(incident.revision), "bug_class": "", "kept": ["No test"]}
    client.post(f"/incidents/{incident.pk}/words/", words)
    incident.refresh_from_db()
    assert (incident.bug_class, names(incident)) == (None, ["No test"])
    page = client.get("/incidents/vocabulary/").content.decode()
    for word in ("Mutable state", "No canary", "No test"):
        assert word in page
    for query in ("status=any&q=No test", "status=any&q=no%20TEST"):
        assert incident.title in client.get(f"/incidents/?{query}").content.decode()


def test_who_is_second_is_told_and_no_word_is_left_behind(client: Client) -> None:
    incident = make_incident()
    client.post(f"/incidents/{incident.pk}/words/", {"version": "0", "bug_class": "One"})
    answer = client.post(f"/incidents/{incident.pk}/words/", {"version": "0", "bug_class": "Two"})
    assert (answer.status_code, 'value="Two"' in answer.content.decode()) == (409, True)
    assert list(BugClass.objects.values_list("name", flat=True)) == ["One"]
    answer = client.post(f"/incidents/{incident.pk}/words/", {"version": "1", "factor_1": "x" * 201})
    assert (answer.status_code, "A name has at most 200" in answer.content.decode()) == (422, True)


def test_counts_link_to_the_list() -> None:
    word = BugClass.objects.create(name="Mutable state", description="In a module.")
    BugClass.objects.create(name="Unused")
    for status in ("open", "closed"):
        closed = {"resolved_at": "2026-06-12T14:00Z", "closed_at": "2026-06-12T14:00Z"} if status == "closed" else {}
        Incident.objects.filter(pk=make_incident().pk).update(bug_class=word, status=status, **closed)
    first, second = bug_classes()
    assert (first.name, first.incidents, first.current, second.incidents, second.newest) == (word.name, 2, 1, 0, None)
    assert first.url == "/incidents/?status=any&bug_class=Mutable+state"


def test_the_filter_of_a_word_finds_its_incidents(client: Client) -> None:
    incident = make_incident()
    incident.bug_class = bug_class_named("Mutable state")
    incident.save(update_fields=["bug_class"])
    make_incident("Another")
    page = client.get(bug_classes()[0].url)
    text = page.content.decode()
    assert (incident.title in text, "Another" in text) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_of_people_at_once_one_makes_the_word() -> None:
    race(lambda number: bug_class_named("Mutable state"))
    assert BugClass.objects.count() == 1


@pytest.mark.parametrize("field", ["bug_class", "factor_1", "kept"])
def test_a_word_that_cannot_be_taken_is_said_and_not_left_out(client: Client, field: str) -> None:
    incident = make_incident()
    Incident.objects.filter(pk=incident.pk).update(bug_class=bug_class_named("Race"))
    data = {"bug_class": "Race", "version": incident.revision} | {field: "a\0b"}
    assert client.post(f"/incidents/{incident.pk}/words/", data).status_code == 422
    assert str(Incident.objects.get().bug_class) == "Race"
