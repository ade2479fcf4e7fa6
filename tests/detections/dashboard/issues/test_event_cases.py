"""Events that were shown wrongly, from the payload to the page."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detections.dashboard.issues.event import EventParts, event_parts
from detections.dashboard.issues.page import issue_summary
from detections.dashboard.issues.parts.frames import StackFrame
from detections.ingest.digest import digest_batch
from detections.ingest.event.normalise import normalise
from detections.ingest.event.scrub import scrub
from detections.telemetry.issues.queries import EVERYTHING
from detections.telemetry.issues.scope import with_figures
from detections.telemetry.models import Issue
from tests.detections.builders import NOON, arrive, project
from tests.detections.dashboard import builders as make

CASES = Path(__file__).resolve().parents[3] / "cases" / "events"


def payload(name: str) -> dict[str, Any]:
    (path,) = CASES.glob(f"{name}-*.json")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def shown(name: str) -> EventParts:
    return event_parts(scrub(normalise(payload(name))))


def frames(parts: EventParts, at: int = 0) -> list[StackFrame]:
    return [frame for group in parts.exceptions[at].frame_groups for frame in group.frames]


def page(client: Client, sent: dict[str, Any]) -> str:
    """The text of the page of the issue that the event opens, on one line."""
    arrive(project(), sent)
    digest_batch(NOON)
    html = client.get(f"/issues/{Issue.objects.get().pk}/").content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_01_parameters_stand_beside_the_message() -> None:
    assert [value for _, value in shown("01").parameters] == ["17", "anna"]
    assert dict(shown("01b").parameters) == {"file": "a.txt", "user": "anna"}
    assert [value for _, value in shown("01c").parameters] == ["hello"]


def test_04_the_stack_of_the_crashed_thread_is_the_exceptions() -> None:
    parts = shown("04")
    assert [frame.function for frame in frames(parts)] == ["fillCache", "run"]
    assert parts.exceptions[0].thread == "worker (7)"
    assert [each.name for each in parts.threads] == ["worker (7)", "main (1)"]


@pytest.mark.django_db
def test_04_on_the_page(viewer: Client) -> None:
    text = page(viewer, payload("04"))
    assert "stack of worker (7)" in text
    assert "fillCache app/Cache.py:12" in text
    assert "Its stack is shown with the exception." in text
    assert Issue.objects.get().grouping["method"] == "in-app stack"


def test_10_members_are_in_the_group() -> None:
    assert [each.relation for each in shown("10a").exceptions] == ["", *["in the group ExceptionGroup"] * 2]
    assert [each.indent for each in shown("10b").exceptions] == [0, 1, 1, 1, 1, 1]
    assert [each.value for each in shown("10b").exceptions][1:3] == ["item 0 is bad", "item 1 is bad"]


@pytest.mark.django_db
def test_10_members_without_a_stack_are_lines_of_the_outline(viewer: Client) -> None:
    text = page(viewer, payload("10b"))
    assert text.count("in the group ExceptionGroup") == 5
    assert "came without a stack" not in text


@pytest.mark.django_db
def test_23_on_the_page(viewer: Client) -> None:
    text = page(viewer, payload("23"))
    assert "in the group ExceptionGroup" in text
    assert "raised earlier" not in text


@pytest.mark.django_db
def test_11_a_crash_is_headed_by_its_function_with_type_and_value_once_below(viewer: Client) -> None:
    arrive(project(), payload("11"))
    digest_batch(NOON)
    html = viewer.get(f"/issues/{Issue.objects.get().pk}/").content.decode()
    assert "<h1>-[Cart total]</h1>" in html
    assert html.count("EXC_BAD_ACCESS: Exception 1, Code 0, Subcode 8") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "heading", "lead"),
    [
        ({"title": "ValueError: x", "exception_type": "ValueError", "value": "x"}, "ValueError", "x"),
        ({"title": "ValueError", "exception_type": "ValueError", "value": ""}, "ValueError", ""),
        ({"title": "crash()", "exception_type": "SIGSEGV", "value": "at 0x0"}, "crash()", "SIGSEGV: at 0x0"),
        ({"title": "crash()", "exception_type": "SIGSEGV", "value": ""}, "crash()", "SIGSEGV"),
        ({"title": "disk is full", "exception_type": "", "value": "disk is full"}, "disk is full", ""),
    ],
)
def test_the_heading_of_an_issue(fields: dict[str, str], heading: str, lead: str) -> None:
    made = make.issue(**fields)
    summary = issue_summary(with_figures(Issue.objects.filter(pk=made.pk), EVERYTHING).get(), NOON)
    assert (summary.heading, summary.lead) == (heading, lead)


def test_16_frames_without_marks_are_open() -> None:
    (group,) = shown("16").exceptions[0].frame_groups
    assert (group.folded, [frame.function for frame in group.frames]) == (False, ["get", "total", "view"])


def test_21_times_of_breadcrumbs() -> None:
    assert [each.time for each in shown("21").breadcrumbs] == ["13:00:00.123", "13:20:00.500"]
    assert [each.message for each in shown("21").breadcrumbs] == ["cart is %s", "PUT /internal/properties → 204"]


def test_22_places_of_minified_code_have_a_column() -> None:
    places = [frame.where for frame in frames(shown("22"))]
    assert places == ["https://shop.example/app.js:1:88002", "https://shop.example/app.js:1:20411"]


def test_30_binaries_and_addresses_stand_for_unknown_names() -> None:
    assert [(each.function, each.where) for each in frames(shown("30"))] == [
        ("0x2000", "/app/bin/shop"),
        ("0x1000", "/usr/lib/libc.so.6"),
    ]


def test_39_each_line_has_its_number() -> None:
    lines = frames(shown("39"))[0].lines
    assert [each.text for each in lines] == [f"line {each.number}" for each in lines]
    assert (lines[0].number, lines[-1].number) == (90, 110)


@pytest.mark.django_db
def test_40_the_page_says_where_frames_are_missing(viewer: Client) -> None:
    text = page(viewer, payload("40"))
    before, after = text.split("50 frames left out here")
    assert "rec175 " in before
    assert "rec124 " in after


@pytest.mark.django_db
def test_the_json_has_threads_binaries_and_what_was_left_out(viewer: Client) -> None:
    image = {"type": "macho", "debug_id": "4c4c44e9-5555-3144-a1d7-9d5d3d5a8e2f", "code_file": "/App"}
    arrive(project(), payload("04") | {"debug_meta": {"images": [image]}, "cart": 3})
    digest_batch(NOON)
    issue = Issue.objects.get()
    stored = viewer.get(reverse("issue_raw", args=[issue.pk, issue.event_set.get().event_id])).json()
    assert [each["name"] for each in stored["threads"]] == ["main", "worker"]
    assert stored["debug_meta"]["images"] == [image]
    assert stored["left_out"] == {"fields": ["cart"]}


@pytest.mark.django_db
def test_the_whole_of_a_phones_crash_is_on_the_page(viewer: Client) -> None:
    sent = {
        "platform": "cocoa",
        "level": "fatal",
        "dist": "77",
        "exception": {
            "values": [
                {
                    "type": "EXC_BAD_ACCESS",
                    "value": "total > x",
                    "thread_id": 0,
                    "mechanism": {"type": "mach", "handled": False, "meta": {"signal": {"name": "SIGSEGV"}}},
                    "stacktrace": {"frames": [{"function": "main", "package": "/App", "instruction_addr": "0x2"}]},
                }
            ]
        },
        "threads": {"values": [{"id": 0, "crashed": True}, {"id": 1, "name": "ui", "stacktrace": {"frames": [{}]}}]},
        "contexts": {"device": {"model": "iPhone17,1", "battery_level": 81}, "gpu": {"name": "Apple A18"}},
        "extra": {"cart": {"items": 3}},
        "user": {"id": "7", "geo": {"city": "Vienna"}},
        "request": {"method": "POST", "url": "https://shop/cart", "data": {"sku": "b-1"}, "cookies": {"theme": "dark"}},
        "flags": 1,
        "breadcrumbs": {"values": [{"message": f"crumb {n}"} for n in range(130)]},
    }
    text = page(viewer, sent)
    for part in ("SIGSEGV", "thread 0", "iPhone17,1", "Apple A18", '{"items": 3}', '{"city": "Vienna"}', '"sku": "b-1"',
                 "build 77", "100 of 130", "30 breadcrumbs; the newest are kept.",
                 "Fields that this console does not read: flags."):  # fmt: skip
        assert part in text, part
    assert "crumb 29 " not in text
