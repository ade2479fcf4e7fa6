"""JSON from the wire: standard JSON as it is, broken JSON repaired, the rest refused."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.protocol.errors import NotJson
from detections.ingest.protocol.lenient_json import loads, peek

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=True) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


def _sound(value: Any) -> bool:
    if isinstance(value, str):
        value.encode()  # raises for a lone surrogate
        return "\0" not in value
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_sound(key) and _sound(item) for key, item in value.items())
    return all(map(_sound, value)) if isinstance(value, list) else True


@given(VALUES)
def test_what_python_writes_is_read_and_fits_the_database(value: Any) -> None:
    """Python's json writes NaN, Infinity and lone surrogates, which standard JSON has not."""
    found = loads(json.dumps(value).encode())

    assert _sound(found)
    if _sound(value):
        assert found == value


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(NotJson):
        assert _sound(loads(raw))


def test_nesting_to_any_depth_ends_in_an_answer() -> None:
    for depth in (50, 500, 5_000, 100_000):
        for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
            for inner in (b"1", b'"\\u0000"', b"NaN"):
                said = "read"
                try:
                    loads(opened * depth + inner + closed * depth)
                except NotJson as error:
                    said = str(error)
                assert said in {"read", "nested too deeply"}


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"1", b"true", b"", b"{", b"\xff"])
def test_only_an_object_has_an_event_id(raw: bytes) -> None:
    with pytest.raises(NotJson):
        peek(raw)


def test_the_id_is_seen_also_in_a_repaired_event() -> None:
    assert peek(b'{"a":NaN,"event_id":"abc"}').event_id == "abc"
    assert peek(b'{"a":1}').event_id is None
