"""What the form shows of a target's file is read again as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.probes.program import probe
from detections.probes.target_form import written
from detections.probes.target_form.invariant_form import FIELDS, HELP, MEANINGS, refusal_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True)
HEADERS = st.dictionaries(
    NAMES.map(str.lower),
    st.from_regex(r"([\x21-\x7e\xa1-\xff]([\x20-\x7e\xa0-\xff]{0,9}[\x21-\x7e\xa1-\xff])?)?", fullmatch=True),
)


def as_browser(text: str) -> str:
    """As a textarea is sent."""
    return text.replace("\n", "\r\n")


@given(JSON, st.sampled_from(probe.OPERATORS))
def test_a_value_is_read_as_it_was_written(value: Any, operator: str) -> None:
    if operator in written.TEXT_OPERATORS and not isinstance(value, str):
        return  # the probe takes none
    shown = written.write_value(value, operator)
    assert written.read_value(shown, operator) == value
    assert shown.strip() == shown != ""


@given(HEADERS)
def test_headers_are_read_as_they_were_written(headers: dict[str, str]) -> None:
    assert written.read_headers(as_browser(written.write_headers(headers))) == headers


@given(st.dictionaries(st.integers(0, 999).map(str), st.from_regex(r"\w([\w ]{0,5}\w)?", fullmatch=True)))
def test_a_map_is_read_as_it_was_written(given_map: dict[str, str]) -> None:
    assert written.read_map(as_browser(written.write_map(given_map))) == given_map


@pytest.mark.parametrize(
    ("typed", "read"),
    [("ok", "ok"), ("200", 200), ('"200"', "200"), ("true", True), ('["a", 1]', ["a", 1]), ("{not json", "{not json")],
)
def test_a_value_is_json_where_it_is_json(typed: str, read: object) -> None:
    assert written.read_value(typed, "equals") == read


def test_operators_that_compare_texts_take_a_number_as_a_text() -> None:
    assert written.read_value("200", "contains") == "200"
    assert written.read_value('"200"', "matches") == "200"


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"', "NaN", "[1e400]", "[" * 200 + "]" * 200, "{", "9" * 5000])
def test_json_that_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(written.CannotRead, match=r"\.$"):
        written.read_json(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "c": 2, "a": 1}}]'])
def test_a_name_that_is_there_twice_is_refused_and_not_taken_once(text: str) -> None:
    for read in (written.read_json, lambda text: written.read_value(text, "equals")):
        with pytest.raises(written.CannotRead, match="'a' is there twice"):
            read(text)
    assert written.read_value(text, "contains") == text


@pytest.mark.parametrize("text", ["no colon", ": value", "A: 1\na: 2"])
def test_lines_that_are_no_headers_are_refused(text: str) -> None:
    with pytest.raises(written.CannotRead):
        written.read_headers(text)


def test_a_line_that_cannot_be_read_is_not_quoted_since_it_may_be_a_secret() -> None:
    with pytest.raises(written.CannotRead, match="Line 2 is no header") as refused:
        written.read_headers("Accept: */*\nhunter2")
    assert "hunter2" not in str(refused.value)


def test_the_form_has_words_for_each_kind_and_field() -> None:
    assert MEANINGS.keys() == probe.KINDS.keys()
    assert HELP.keys() == set(FIELDS)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "present", "paths": []}, "paths"),
        ({"kind": "present", "paths": ["a..b"]}, "paths"),
        ({"kind": "header_equals", "header": "a b", "path": "meta"}, "header"),
        ({"kind": "header_equals", "header": "x-a", "path": ".x"}, "path"),
        ({"kind": "header_equals", "header": "x-a"}, "path"),
        ({"kind": "integer_range", "path": "a", "min": 3, "max": 1}, "min"),
        ({"kind": "integer_range", "path": "a", "min": 3}, "max"),
        ({"kind": "bucket_map", "bucket": "a", "variant": "b..", "map": {"1": "x"}}, "variant"),
        ({"kind": "bucket_map", "bucket": "a", "variant": "b", "map": {"1-5": "x", "3": "y"}}, "map"),
        ({"kind": "json", "path": "a", "operator": "less", "value": "x"}, "value"),
        ({"kind": "json", "path": "a", "operator": "exists", "value": 1}, "value"),
        ({"kind": "json", "path": "a"}, "operator"),
        ({"kind": "header", "header": "a", "operator": "one_of", "value": "x"}, "value"),
        ({"kind": "latency"}, "max_ms"),
        ({"kind": "latency", "percentile": 0, "max_ms": 1}, "percentile"),
        ({"kind": "tls_expiry"}, "min_days"),
        ({"kind": "tls_expiry", "min_days": 1, "check": "No Name"}, "check_id"),
        ({"kind": "tls_expiry", "min_days": 1, "severity": "loud"}, "severity"),
    ],
)
def test_what_the_probe_refuses_is_said_at_its_field(row: dict[str, Any], field: str) -> None:
    refused = refusal_of(row)
    assert refused
    assert refused[0] == field
    assert refused[1].endswith(".")
