"""Notes: what is written, what is refused, and that nobody else's act is refused for one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import ProgrammingError
from pytest_django import Settings

from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.incidents.timeline import notes
from detections.incidents.timeline.marks import mark_line, standing_of
from detections.incidents.timeline.notes import add_note, first_line
from detections.incidents.timeline.queries import newest_marks, with_marks
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark
from opsconsole.accounts.models import User
from opsconsole.lib.web.attachments import Attachment
from tests.detections.incidents.factories import START, make_incident, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = START + HOUR


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def incident(ada: User) -> Incident:
    return make_incident(by=ada)


def close(incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(status="closed", closed_at=LATER, resolved_at=LATER)


def test_a_note_is_a_line_with_its_text_and_files(incident: Incident, ada: User) -> None:
    file = Attachment("a.log", "text/plain", b"ready\n")
    line = add_note(incident.pk, "\n## Pool exhausted\r\nsee *below*", LATER, by=ada, at=START - HOUR, files=[file])
    line = TimelineLine.objects.get(pk=line.pk)
    assert (line.kind, line.text, line.body) == ("note", "Pool exhausted", "## Pool exhausted\nsee *below*")
    assert (line.at, line.recorded_at, line.actor, line.actor_name) == (START - HOUR, LATER, ada, "ada")
    kept = line.files.get()
    assert (kept.name, kept.content_type, kept.size, bytes(kept.content)) == ("a.log", "text/plain", 6, b"ready\n")
    assert kept.sha256 == file.sha256
    assert Incident.objects.get().revision == incident.revision, "nobody's act is refused for a note"


def test_a_program_is_named(incident: Incident, ada: User) -> None:
    assert add_note(incident.pk, "deployed", LATER, by=ada, actor="token ci of ada").actor_name == "token ci of ada"


def test_secrets_are_not_kept(incident: Incident, ada: User) -> None:
    line = add_note(incident.pk, "key sk_live_abcdefgh123\nAuthorization: Bearer abcdef0123456789abcdef", LATER, by=ada)
    assert line.text == "key [Filtered]"
    assert "abcdef" not in line.body


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n", "The text of a note is missing."),
        ("x" * 20_001, "The text of a note has 20,001 characters; allowed are 20,000."),
        ("a\0b", "The text of a note contains a NUL or half of a surrogate pair, which cannot be stored."),
        ("\ud800", "The text of a note contains a NUL or half of a surrogate pair, which cannot be stored."),
    ],
)
def test_texts_that_are_refused(incident: Incident, ada: User, text: str, sentence: str) -> None:
    with pytest.raises(IncidentInputError) as refused:
        add_note(incident.pk, text, LATER, by=ada)
    assert str(refused.value) == sentence
    assert not TimelineLine.objects.filter(kind="note").exists()


def test_what_has_not_happened_yet_cannot_be_noted(incident: Incident, ada: User) -> None:
    add_note(incident.pk, "now", LATER, by=ada, at=LATER)
    for at in (LATER + timedelta(microseconds=1), notes.EARLIEST - HOUR):
        with pytest.raises(
            IncidentInputError, match="not in the future and not before 2000; now is 2026-06-12 15:00 UTC"
        ):
            add_note(incident.pk, "then", LATER, by=ada, at=at)
    with pytest.raises(IncidentInputError, match=r"has no zone: add Z, or \+02:00"):
        add_note(incident.pk, "then", LATER, by=ada, at=START.replace(tzinfo=None))


def test_files_are_bounded_together(incident: Incident, ada: User, settings: Settings) -> None:
    settings.EVIDENCE_MAX_FILE = 20_000
    file = Attachment("a.txt", "text/plain", b"x" * 10_000)
    add_note(incident.pk, "two", LATER, by=ada, files=[file, file])
    with pytest.raises(IncidentInputError, match=r"larger than 0\.0191 MB together"):
        add_note(incident.pk, "three", LATER, by=ada, files=[file] * 3)
    with pytest.raises(IncidentInputError, match="at most 5 files, not 6"):
        add_note(incident.pk, "six", LATER, by=ada, files=[Attachment("a.txt", "text/plain", b"x")] * 6)
    assert TimelineFile.objects.count() == 2


def test_a_closed_incident_takes_lines_of_those_who_may_change_such(incident: Incident, ada: User) -> None:
    line = add_note(incident.pk, "before", START, by=ada)
    close(incident)
    for act in (
        lambda by: add_note(incident.pk, "late", LATER, by=by),
        lambda by: mark_line(incident.pk, line.pk, "important", LATER, by=by),
    ):
        with pytest.raises(IncidentConflict, match="is closed, and you may not change closed incidents"):
            act(ada)
        eve = make_user()
        eve.user_permissions.add(Permission.objects.get(codename="edit_closed_incident"))
        act(eve)
    assert TimelineLine.objects.filter(text="late").exists()


def test_a_note_that_is_sent_twice_is_written_once(incident: Incident, ada: User) -> None:
    key, file = uuid4(), Attachment("a.log", "text/plain", b"ready\n")
    line = add_note(incident.pk, "seen", LATER, by=ada, files=[file], key=key)
    close(incident)
    assert add_note(incident.pk, "seen", LATER + HOUR, by=ada, files=[file], key=key) == line
    with pytest.raises(IncidentConflict, match="was written already, with another text"):
        add_note(incident.pk, "seen again", LATER, by=ada, key=key)
    Incident.objects.update(status="open", closed_at=None, resolved_at=None)
    add_note(incident.pk, "seen", LATER, by=make_user(), key=key)
    add_note(incident.pk, "seen", LATER, by=ada, key=uuid4())
    assert incident.timeline.filter(kind="note").count() == 3
    assert TimelineFile.objects.count() == 1


def test_an_incident_that_is_not_there(ada: User) -> None:
    with pytest.raises(Incident.DoesNotExist):
        add_note(0, "text", LATER, by=ada)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("one\ntwo", "one"),
        ("\n\n- a list\n- more", "a list"),
        ("> quoted", "quoted"),
        ("---", "---"),
        ("# **b**", "**b**"),
    ],
)
def test_the_first_line_says_what_it_is_about(text: str, first: str) -> None:
    assert first_line(text) == first


def test_the_newest_mark_holds(incident: Incident, ada: User) -> None:
    line = incident.timeline.get()
    assert (line.important, standing_of(line)) == (True, "important")
    assert mark_line(incident.pk, line.pk, "important", LATER, by=ada) is None, "it stands so already"
    for mark in ("left_out", "important", ""):
        made = mark_line(incident.pk, line.pk, mark, LATER, by=ada)
        assert made is not None
        assert mark_line(incident.pk, line.pk, mark, LATER, by=ada) is None
        assert standing_of(line) == mark
        assert with_marks(incident.timeline.all()).get().standing == mark  # type: ignore[attr-defined]
        assert newest_marks([line.pk]) == {line.pk: made}
    assert TimelineMark.objects.count() == 3, "all that was said is kept"
    with pytest.raises(IncidentInputError, match="one of important, left_out, or empty"):
        mark_line(incident.pk, line.pk, "bad", LATER, by=ada)
    other = make_incident("Another")
    with pytest.raises(TimelineLine.DoesNotExist):
        mark_line(other.pk, line.pk, "left_out", LATER, by=ada)


@pytest.mark.parametrize("model", [TimelineLine, TimelineMark, TimelineFile])
def test_nothing_of_it_can_be_changed(incident: Incident, ada: User, model: type[TimelineLine]) -> None:
    line = add_note(incident.pk, "said", LATER, by=ada, files=[Attachment("a.txt", "text/plain", b"x")])
    mark_line(incident.pk, line.pk, "important", LATER, by=ada)
    with pytest.raises(ProgrammingError):
        model.objects.update(id=0)
