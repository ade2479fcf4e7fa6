"""The envelope grammar."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.protocol.envelope import EnvelopeItem, build, parse
from detections.ingest.protocol.errors import Refused

PAYLOADS = st.binary(max_size=200)
TYPES = st.sampled_from(["event", "session", "attachment", "something_new"])


@given(st.lists(st.tuples(TYPES, PAYLOADS), max_size=8))
def test_what_was_built_is_read(items: list[tuple[str, bytes]]) -> None:
    """Payloads may hold newlines and anything else, as their length is told."""
    built = build({"dsn": "x"}, [EnvelopeItem(kind, {"type": kind}, payload) for kind, payload in items])

    envelope = parse(built)

    assert envelope.headers == {"dsn": "x"}
    assert [(item.type, item.payload) for item in envelope.items] == items


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    status, causes = 200, ["none"]
    try:
        parse(body)
    except Refused as refused:
        status, causes = refused.status, refused.causes
    assert status in {200, 400, 413}
    assert causes


@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20), max_size=5))
def test_without_length_an_item_ends_with_its_line(payloads: list[str]) -> None:
    lines = [b"{}"]
    for payload in payloads:
        lines += [b'{"type":"event"}', payload.encode()]

    envelope = parse(b"\n".join(lines))

    assert [item.payload.decode() for item in envelope.items] == payloads


def test_a_length_of_zero_a_missing_newline_at_the_end_and_blank_lines_are_fine() -> None:
    envelope = parse(b'{}\n{"type":"a","length":0}\n\n\n\n{"type":"b","length":2}\n{}')

    assert [(item.type, item.payload) for item in envelope.items] == [("a", b""), ("b", b"{}")]


@pytest.mark.parametrize("length", ["3", 1.5, -1, True, [], 10**30])
def test_a_length_that_is_no_number_of_bytes_is_refused(length: object) -> None:
    header = json.dumps({"type": "event", "length": length}).encode()
    with pytest.raises(Refused, match=r"length|shorter"):
        parse(b"{}\n" + header + b"\n{}\n")
