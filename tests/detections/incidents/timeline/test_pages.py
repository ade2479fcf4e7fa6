"""The timeline on pages: filters, order, zones and places in the address, notes and marks, who may, what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident
from detections.incidents.timeline import page_part
from detections.incidents.timeline.marks import mark_line
from detections.incidents.timeline.notes import add_note
from detections.incidents.timeline.queries import newest
from detections.incidents.timeline.reading import zone_named
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark
from opsconsole.accounts.models import User
from opsconsole.lib.web.attachments import Attachment
from tests.bootstrap.people import client_of
from tests.detections.incidents.factories import START, make_incident, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOW = START + timedelta(hours=2)
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def incident(db: None) -> Incident:
    return make_incident()


@pytest.fixture
def writer(db: None) -> Client:
    return client_of("ada", "change_incident")


def address(incident: Incident, name: str = "incident_timeline", *args: int) -> str:
    return reverse(name, args=[incident.pk, *args])


def add_lines(incident: Incident, number: int, start: datetime = START, **fields: object) -> None:
    TimelineLine.objects.bulk_create(
        TimelineLine(
            **{
                "incident": incident,
                "kind": "alert",
                "at": start + n * MINUTE,
                "recorded_at": start,
                "text": f"line {n}.",
                "ref": f"made:{n}",
                **fields,
            }
        )
        for n in range(number)
    )


def shown(client: Client, url: str, **headers: str) -> list[str]:
    page = client.get(url, headers=headers).content.decode()
    return re.findall(r"(?<=>)\s*((?:line \d+\.|Declared)[^<\n]*)", page)


def context(incident: Incident, **query: str) -> dict[str, object]:
    page = IncidentPage(incident, User.objects.get(username="ada"), NOW, zone_named("UTC"), query)  # type: ignore[arg-type]
    found: dict[str, object] = page_part.context(page)["timeline"]
    return found


def post(client: Client, incident: Incident, htmx: bool = False, **data: object) -> HttpResponse:
    return client.post(address(incident, "incident_note"), data, headers=HTMX if htmx else {})  # type: ignore[return-value]


def test_pages_of_the_whole_timeline_follow_each_other(incident: Incident, writer: Client) -> None:
    add_lines(incident, 120)
    url, seen = address(incident), []
    for _ in range(4):
        page = writer.get(url).content.decode()
        seen.append(len(shown(writer, url)))
        following = re.search(r'href="[^"]*(\?after=[^"#]*)#timeline">More', page)
        if following is None:
            break
        url = address(incident) + following.group(1)
    assert seen == [50, 50, 21]
    back = re.search(r'href="[^"]*(\?before=[^"#]*)#timeline">Back', page)
    assert back is not None
    assert shown(writer, address(incident) + back.group(1))[0] == "line 69."


def test_the_order_and_the_filters_are_in_the_address(incident: Incident, writer: Client) -> None:
    add_lines(incident, 2)
    add_note(incident.pk, "line 7. of a note", NOW, by=make_user())
    assert (
        shown(writer, address(incident))
        == ["line 7. of a note", "line 1.", "Declared as SEV-2: Orders fail", "line 0."][:2]
        + shown(writer, address(incident))[2:]
    )
    assert shown(writer, address(incident) + "?order=oldest")[-1] == "line 7. of a note"
    assert shown(writer, address(incident) + "?show=notes") == ["line 7. of a note"]
    assert shown(writer, address(incident) + "?show=important") == ["Declared as SEV-2: Orders fail"]
    page = writer.get(address(incident) + "?show=mine").content.decode()
    assert "show “mine” is unknown and was left out; there are: all, important, notes." in page


def test_times_are_in_utc_and_in_a_chosen_zone(incident: Incident, writer: Client) -> None:
    add_lines(incident, 1, START.replace(hour=23, minute=30))
    page = writer.get(address(incident)).content.decode()
    assert "23:30:00 UTC" in page
    assert "CEST" not in page, "the person's own zone is UTC"
    User.objects.filter(username="ada").update(time_zone="Europe/Berlin")
    assert "Sat 01:30 CEST" in writer.get(address(incident)).content.decode(), "another day there"
    assert "Sat 08:30 JST" in writer.get(address(incident) + "?zone=Asia/Tokyo").content.decode()
    User.objects.filter(username="ada").update(time_zone="Nowhere")
    assert writer.get(address(incident)).status_code == 200


def test_it_costs_the_same_for_much_and_for_little(
    incident: Incident, writer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = User.objects.get(username="ada")
    context(incident)
    ada.user_permissions.all()
    queries = 2 + 3 + 2  # stamp: newest line and mark; lines, marks, files; the person and their rights
    with django_assert_num_queries(queries + 1):
        context(incident)
    add_lines(incident, 200)
    line = add_note(incident.pk, "n", NOW, by=ada, files=[Attachment("a.txt", "text/plain", b"x")])
    mark_line(incident.pk, line.pk, "important", NOW, by=ada)
    for query in ({}, {"show": "important"}, {"show": "notes"}, {"order": "oldest"}):
        with django_assert_num_queries(queries + 1):
            context(incident, **query)


def test_the_newest_are_found_by_the_incident_however_many_others_have_newer_ones(incident: Incident) -> None:
    add_lines(make_incident("Another"), 2_000)
    line = TimelineLine.objects.filter(incident=incident).get()
    mark_line(incident.pk, line.pk, "left_out", NOW, by=make_user())
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        assert newest(incident) == (line.pk, TimelineMark.objects.get().pk)
        lines, marks = asked.captured_queries[0]["sql"], asked.captured_queries[1]["sql"]
        assert "JOIN" not in marks
        cursor.execute("ANALYZE detections_timelineline")
        cursor.execute(f"EXPLAIN {lines}")
        assert "timeline_line_newest" in "".join(row[0] for row in cursor.fetchall())


def test_a_poll_of_what_is_shown_is_empty(incident: Incident, writer: Client) -> None:
    polled = HTMX | {"X-Poll": "1"}
    stamp = writer.get(address(incident), headers=polled).headers["X-Fragment"]
    seen = polled | {"X-Fragment-Seen": stamp}
    assert f'data-fragment="{stamp}"' in writer.get(address(incident)).content.decode()
    assert writer.get(address(incident), headers=seen).status_code == 204
    line = incident.timeline.get()
    mark_line(incident.pk, line.pk, "left_out", NOW, by=make_user())
    answer = writer.get(address(incident), headers=seen)
    assert answer.status_code == 200
    assert "textarea" not in answer.content.decode(), "what is typed is not replaced"
    assert writer.get(address(incident) + "?show=notes", headers=seen).status_code == 200


def test_a_closed_incident_is_not_polled_and_has_no_controls(incident: Incident, writer: Client) -> None:
    assert "data-poll" in writer.get(address(incident), headers=HTMX).content.decode()
    Incident.objects.update(status="closed", closed_at=NOW, resolved_at=NOW)
    page = writer.get(address(incident), headers=HTMX).content.decode()
    assert "data-poll" not in page
    assert "Leave out" not in page
    assert post(writer, incident, text="late").status_code == 409
    assert writer.post(address(incident, "incident_gather")).status_code == 403


def test_a_note_from_the_page(incident: Incident, writer: Client) -> None:
    files = [SimpleUploadedFile("a.html", PNG), SimpleUploadedFile("b.log", b"ready\n")]
    at = {"at": "2026-06-12T17:30", "zone": "Europe/Berlin"}
    answer = post(writer, incident, text="seen **twice**", attachments=files, **at)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/incidents/{incident.pk}/#timeline")
    note = incident.timeline.get(kind="note")
    assert note.at == START + timedelta(hours=1, minutes=30)
    assert [(file.name, file.content_type) for file in note.files.all()] == [
        ("a.png", "image/png"),
        ("b.log", "text/plain"),
    ]
    page = writer.get(address(incident)).content.decode()
    assert "Noted." in page
    assert f'href="{address(incident, "incident_file", note.files.all()[0].pk)}"' in page


def test_a_note_by_htmx_empties_the_form_and_loads_the_lines_again(incident: Incident, writer: Client) -> None:
    answer = post(writer, incident, htmx=True, text="password=hunter22")
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "noted")
    page = answer.content.decode()
    assert "hunter22" not in page
    assert "What looked like a secret is replaced by [Filtered]." in page
    assert incident.timeline.get(kind="note").body == "password=[Filtered]"


def test_a_form_that_is_sent_twice_is_one_note(incident: Incident, writer: Client) -> None:
    keys = [re.findall(r'name="key" value="([^"]+)"', writer.get(address(incident)).content.decode()) for _ in "12"]
    assert keys[0] != keys[1]
    data = {"text": "seen", "key": keys[0][0]}
    assert [post(writer, incident, htmx, **data).status_code for htmx in (False, False, True)] == [303, 303, 200]
    assert incident.timeline.filter(kind="note").count() == 1
    answer = post(writer, incident, **{**data, "text": "something else"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert ">something else</textarea>" in page
    assert keys[0][0] not in page, "it can be sent as another note"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"text": ""}, "Write what happened."),
        ({"text": "typed", "at": "2026-06-12T16:01"}, "is not in the future"),
        ({"text": "typed", "at": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "A year from 2000 on."),
        ({"text": "typed", "at": "soon"}, "Enter a valid date/time."),
        ({"text": "a\0b"}, "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_refused_stays_in_the_form(
    incident: Incident, writer: Client, data: dict[str, str], sentence: str, htmx: bool
) -> None:
    answer = post(writer, incident, htmx, **data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert ("typed" not in data["text"]) or ">typed</textarea>" in page
    assert not incident.timeline.filter(kind="note").exists()


def test_files_are_judged_as_evidence_is(incident: Incident, writer: Client, settings: Settings) -> None:
    settings.EVIDENCE_MAX_FILE = 20_000
    for content, status, sentence in [
        (b"<svg/>", 422, "of a kind that is not kept"),
        (b"key sk_live_abcdefgh123", 422, "looks like it holds a secret"),
        (b"x" * 20_001, 422, "larger than 0.0191 MB"),
        (b"x" * 400_000, 413, "The files are larger than 0.0191 MB together."),
    ]:
        answer = post(writer, incident, text="typed", attachments=[SimpleUploadedFile("a.txt", content)])
        assert (answer.status_code, sentence in answer.content.decode()) == (status, True), sentence
    refused = post(client_of("eve"), incident, text="n", attachments=[SimpleUploadedFile("a.txt", b"x" * 400_000)])
    assert refused.status_code == 413
    assert not TimelineFile.objects.exists()


def test_files_are_served_to_be_saved(incident: Incident, writer: Client) -> None:
    post(writer, incident, text="n", attachments=[SimpleUploadedFile("shot.png", PNG)])
    file = TimelineFile.objects.get()
    answer = client_of("eve").get(address(incident, "incident_file", file.pk))
    assert answer.content == PNG
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shot.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    other = make_incident("Another")
    assert writer.get(address(other, "incident_file", file.pk)).status_code == 404


def test_marks_from_the_page(incident: Incident, writer: Client) -> None:
    line = incident.timeline.get()
    url = address(incident, "incident_mark") + "?order=oldest"
    answer = writer.post(url, {"left_out": line.pk})
    assert answer.headers["Location"] == f"/incidents/{incident.pk}/?order=oldest#timeline"
    page = writer.get(address(incident)).content.decode()
    assert "is-left-out" in page
    assert re.search(r"Left out, marked by\s+ada", page)
    page = writer.post(url, {"plain": line.pk}, headers=HTMX).content.decode()
    assert "is-left-out" not in page
    assert list(TimelineMark.objects.values_list("mark", flat=True)) == ["left_out", ""]
    for data in ({}, {"important": "x"}, {"important": "9" * 30}, {"important": line.pk + 1000}):
        assert writer.post(url, data).status_code == 404


def test_print_is_in_order_and_without_what_was_left_out(incident: Incident, writer: Client) -> None:
    add_lines(incident, 60)
    line = TimelineLine.objects.get(text="line 7.")
    mark_line(incident.pk, line.pk, "left_out", NOW, by=make_user())
    page = writer.get(address(incident, "incident_timeline_print") + "?order=newest").content.decode()
    found = re.findall(r"line \d+\.", page)
    assert found == [f"line {n}." for n in range(60) if n != 7]
    assert "1 left out by people." in page
    assert "<form" not in page


def test_a_person_may_ask_for_what_is_new(incident: Incident, writer: Client) -> None:
    assert writer.get(address(incident, "incident_gather")).status_code == 405
    answer = writer.post(address(incident, "incident_gather"), headers=HTMX)
    assert "Nothing new." in answer.content.decode()
    assert Incident.objects.get().gathered_until == NOW


def test_who_may_only_look_gets_no_controls(incident: Incident) -> None:
    eve = client_of("eve")
    page = eve.get(address(incident)).content.decode()
    assert "Declared as SEV-2" in page
    assert "<textarea" not in page
    assert "Gather now" not in page
    for name in ("incident_note", "incident_mark", "incident_gather"):
        assert eve.post(address(incident, name)).status_code == 403
