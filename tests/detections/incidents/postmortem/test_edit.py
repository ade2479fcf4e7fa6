"""Versions of a postmortem: each kept, none lost to another, each said in the timeline."""

from __future__ import annotations

import pytest

from detections.incidents.models import Incident
from detections.incidents.postmortem.edit import TEXT_LENGTH, PostmortemConflict, save_version
from detections.incidents.postmortem.versions import as_read, current, is_finished
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START
from tests.detections.incidents.factories import make_incident, make_user

NOW = START + MINUTE


def save(incident: Incident, text: str, seen: int, actor: str = "ada", **more: object) -> PostmortemVersion:
    return save_version(incident.pk, text, NOW, by=None, actor=actor, seen=seen, **more)  # type: ignore[arg-type]


def said(incident: Incident) -> list[tuple[str, bool]]:
    lines = incident.timeline.filter(text__startswith="Postmortem").order_by("pk")
    return list(lines.values_list("text", "important"))


@pytest.mark.django_db
def test_each_text_is_a_version_and_a_line_of_the_timeline() -> None:
    incident = make_incident()
    revision = incident.revision
    assert current(incident) is None
    first = save_version(incident.pk, "# One\r\n\r\nline\r\n", NOW, by=make_user("eve"), actor="eve", seen=0)
    save(incident, "# Two", 1, note="  less\nto read ")
    save(incident, "# Two", 2, finished=True)
    assert first.text == "# One\n\nline\n"
    assert [(each.number, each.text, each.note, each.finished) for each in incident.postmortem_versions.all()] == [
        (3, "# Two\n", "", True),
        (2, "# Two\n", "less to read", False),
        (1, "# One\n\nline\n", "", False),
    ]
    assert said(incident) == [
        ("Postmortem saved as version 1", True),
        ("Postmortem saved as version 2 (less to read)", False),
        ("Postmortem finished with version 3", True),
    ]
    line = incident.timeline.get(text="Postmortem saved as version 1")
    assert (line.actor_name, line.url) == ("eve", f"/incidents/{incident.pk}/postmortem/versions/1/")
    incident.refresh_from_db()
    assert incident.revision == revision


@pytest.mark.django_db
def test_who_saves_second_is_told_who_was_first() -> None:
    incident = make_incident()
    save(incident, "one", 0)
    save(incident, "two", 1, actor="grace")
    with pytest.raises(PostmortemConflict, match=r"^grace saved version 2 since you began") as caught:
        save(incident, "three", 1)
    assert caught.value.newest is not None
    assert caught.value.newest.text == "two\n"
    with pytest.raises(PostmortemConflict):
        save(incident, "three", 0)
    with pytest.raises(PostmortemConflict):
        save(make_incident(), "three", 1)
    assert save(incident, "three", 2).number == 3


@pytest.mark.django_db
def test_the_same_again_changes_nothing() -> None:
    incident = make_incident()
    first = save(incident, "one", 0)
    assert save(incident, "\none\n\n", 1) == first
    assert len(said(incident)) == 1


@pytest.mark.django_db
def test_finished_is_what_the_newest_says() -> None:
    incident, other = make_incident(), make_incident()
    assert not is_finished(incident)
    save(incident, "one", 0, finished=True)
    save(other, "one", 0)
    assert (is_finished(incident), is_finished(other)) == (True, False)
    save(incident, "two", 1)
    assert not is_finished(incident)
    assert said(incident)[-1] == ("Postmortem no longer finished, version 2", True)


@pytest.mark.django_db
def test_secrets_are_not_kept() -> None:
    text = save(make_incident(), "We used password=hunter2hunter2 for it", 0).text
    assert "hunter2" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "note", "problem"),
    [
        ("", "", "text: a postmortem has some"),
        (" \n\t\n", "", "text: a postmortem has some"),
        ("x" * (TEXT_LENGTH + 1), "", "text: at most 100,000 characters; it has 100,001"),
        ("a\0b", "", "text: without NUL"),
        ("a\ud800", "", "text: without NUL"),
        ("a", "x" * 301, "note: at most 300"),
        ("a", "\0", "note: without NUL"),
    ],
)
def test_a_text_that_cannot_be_taken_is_refused_by_name(text: str, note: str, problem: str) -> None:
    incident = make_incident()
    with pytest.raises(IncidentInputError, match=f"^{problem}"):
        save(incident, text, 0, note=note)
    assert current(incident) is None


@pytest.mark.django_db
def test_there_is_no_postmortem_of_no_incident() -> None:
    with pytest.raises(Incident.DoesNotExist):
        save_version(10**9, "a", NOW, by=None, actor="ada", seen=0)


@pytest.mark.django_db
def test_one_that_was_closed_meanwhile_is_changed_by_those_who_may() -> None:
    incident = make_incident()
    Incident.objects.update(status="closed", closed_at=NOW, resolved_at=NOW)
    with pytest.raises(IncidentConflict, match="is closed, and you may not change closed incidents"):
        save_version(incident.pk, "# One", NOW, by=make_user("eve"), actor="eve", seen=0)
    assert current(incident) is None
    assert save(incident, "# One", 0).number == 1


@pytest.mark.django_db
def test_action_items_are_read_as_they_are_now() -> None:
    incident, other = make_incident(), make_incident()
    incident.actions.create(text="Alert on *age*", created_at=NOW, created_by="ada")
    other.actions.create(text="Another", created_at=NOW, created_by="ada")
    text = save(incident, "# A\n\n{action_items}", 0).text
    assert as_read(text, incident, NOW.date()) == "# A\n\n- [ ] Alert on \\*age\\* (no owner, no due date)\n"


@pytest.mark.django_db(transaction=True)
def test_of_people_at_once_one_saves_and_the_others_are_told() -> None:
    incident = make_incident()
    results = race(lambda number: save(incident, f"text {number}", 0, actor=f"person {number}"))
    won = [each for each in results if isinstance(each, PostmortemVersion)]
    lost = [each for each in results if isinstance(each, PostmortemConflict)]
    assert (len(won), len(lost)) == (1, 3)
    assert all(str(each).startswith(won[0].actor_name) for each in lost)
    assert PostmortemVersion.objects.count() == 1
