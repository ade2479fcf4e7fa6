"""What an address asks of the timeline, and what it says back."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.timeline.reading import NEWEST_FIRST, OLDEST_FIRST, read_query, zone_named
from detections.incidents.timeline.view import ShownLine
from detections.incidents.timeline_models import TimelineLine
from opsconsole.lib.web import cursor

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 6, 12, 14, tzinfo=UTC)
PLACE = cursor.encode([AT, 7])


def test_an_empty_address_asks_for_all_the_newest_first_in_the_own_zone() -> None:
    asked = read_query({}, BERLIN)
    assert (asked.show, asked.keys, asked.zone, asked.place, asked.remarks) == ("all", NEWEST_FIRST, BERLIN, None, ())
    assert asked.here == ""


def test_what_is_asked_for_is_in_the_address_of_the_page() -> None:
    given_query = {"show": "notes", "order": "oldest", "zone": "Asia/Tokyo", "after": PLACE}
    asked = read_query(given_query, BERLIN)
    assert asked.keys == asked.keys_taken == OLDEST_FIRST
    assert asked.place == [AT, 7]
    assert dict(parse_qsl(asked.here[1:])) == given_query
    assert asked.address(show="all") == "?order=oldest&zone=Asia%2FTokyo", "another filter begins at the first page"
    assert asked.address(order="newest", zone="Europe/Berlin", show="all") == ""


def test_a_page_before_a_place_is_read_backwards() -> None:
    asked = read_query({"before": PLACE}, BERLIN)
    assert (asked.keys, asked.keys_taken) == (NEWEST_FIRST, OLDEST_FIRST)
    assert dict(parse_qsl(asked.here[1:])) == {"before": PLACE}


@pytest.mark.parametrize(
    ("query", "remark"),
    [
        ({"show": "mine"}, "show “mine” is unknown and was left out; there are: all, important, notes."),
        ({"order": "up"}, "order “up” is unknown and was left out; there are: newest, oldest."),
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone; write it as IANA does, e.g. Europe/Berlin."),
        ({"after": "x"}, "“after” is no place in this timeline; this is its beginning."),
        ({"before": cursor.encode([7])}, "“before” is no place in this timeline; this is its beginning."),
    ],
)
def test_what_is_not_understood_is_said(query: dict[str, str], remark: str) -> None:
    asked = read_query(query, BERLIN)
    assert asked.remarks == (remark,)
    assert asked.here == "", "and left out"


@given(st.dictionaries(st.sampled_from(["show", "order", "zone", "after", "before"]), st.text()))
def test_no_address_is_an_error_and_its_own_address_asks_for_the_same(query: dict[str, str]) -> None:
    asked = read_query(query, BERLIN)
    again = read_query(dict(parse_qsl(asked.here[1:])), BERLIN)
    assert (again.show, again.order, again.zone, again.place) == (asked.show, asked.order, asked.zone, asked.place)
    assert again.remarks == ()


@pytest.mark.parametrize("name", ["", "Europe", "../etc/passwd", "/etc/localtime", "x" * 500, "a\0b", "Europe/Berlin "])
def test_only_names_of_zones_are_zones(name: str) -> None:
    assert zone_named(name) is None


@pytest.mark.parametrize(
    ("text", "body", "whole"),
    [
        ("said", "said", ""),
        ("said", "said\n\nmore\n", "more"),
        ("said", "## said\nmore", "more"),
        ("one", "- one\n- two", "- one\n- two"),
        ("Declared", "- an alert", "- an alert"),
        ("done", "", ""),
    ],
)
def test_the_first_line_of_a_note_is_shown_once(text: str, body: str, whole: str) -> None:
    line = TimelineLine(text=text, body=body)
    assert ShownLine(line, "", "", (), "", "").whole == whole
