"""What scrubbing remembers changes nothing, and holds no secret."""

from __future__ import annotations

import gc
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detections.ingest.event.memo import Hashed
from detections.ingest.event.scrub import MAX_DEPTH, MAX_TEXT, MAX_WIDTH, _are_known_plain, _scrubbed_frame, scrub
from tests.detections.ingest.event.plain_scrub import plain_scrub

KEYS = st.sampled_from(
    [
        *(
            "frames",
            "vars",
            "pre_context",
            "post_context",
            "Pre-Context",
            "context_line",
            "function",
            "lineno",
            "a",
            "b",
        ),
        *(
            "password",
            "dbPass",
            "tokens",
            "name",
            "value",
            "key",
            "input",
            "url",
            "transaction",
            "query",
            "data",
            "code",
        ),
        *(
            "grant_type",
            "headers",
            "function",
            "transaction",
            "message",
            "params",
            "logentry",
            "…",
            "x" * 101,
            "ghp_" + "a1B2" * 9,
            "--token",
        ),
    ]
)
TEXTS = st.sampled_from(
    [
        *("", "a", "password", "--token", "hunter2", "password=hunter2", "    password = 'hunter2'", "token: abcdef12"),
        *("/preview/Zx81kQ0pLm72Xs9w", "GET /reset/Zx81kQ0pLm72Xs9w/", "4111 1111 1111 1111", "4111111111111111"),
        *("Bearer hunter2-000000000", "password\uff1dhunter2", "pass\u200bword=hunter2", "ünï", "\\u0070assword=abc"),
        *("code=ab12CD34", "login %s with password %s", "authorization_code", "[Filtered]"),
    ]
)
LEAVES = st.one_of(
    TEXTS, st.text(max_size=5), st.none(), st.booleans(), st.floats(allow_nan=False), st.integers(-5, 5),
    st.sampled_from([4111111111111111, 10**12, -(2**63), -(2**63) - 1, 2**63, 2**70]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5), st.lists(TEXTS, max_size=3)
    ),
    max_leaves=25,
)
FRAMES = st.lists(st.dictionaries(KEYS, JSON, max_size=5), min_size=1, max_size=3)


@given(event=st.dictionaries(KEYS, JSON, max_size=6), frames=FRAMES)
def test_an_event_is_scrubbed_as_each_value_by_itself(event: dict[str, Any], frames: list[Any]) -> None:
    event = {**event, "exception": [{"frames": frames}], "again": {"deeper": [{"frames": frames}]}}
    before = deepcopy(event)

    first, second = scrub(event), scrub(event)

    assert first == second == plain_scrub(event)
    assert event == before


@given(extra=JSON)
@settings(max_examples=10)
def test_limits_hold_for_frames_at_any_depth(extra: Any) -> None:
    event: dict[str, Any] = {"frames": [{"function": "f", "vars": {"password": "hunter2", "a": extra}}] * 2}
    for _ in range(MAX_DEPTH):
        assert scrub(event) == plain_scrub(event)
        event = {"frames": [event]}


def test_wide_objects_and_lists_are_cut() -> None:
    wide = {f"k{n}": "password=hunter2" for n in range(MAX_WIDTH + 5)}
    event = {"frames": [wide, *wide.values()], "extra": {"vars": wide, "list": [*wide.values(), "x" * (MAX_TEXT + 9)]}}

    assert scrub(event) == plain_scrub(event)


def test_an_event_does_not_change_what_the_next_one_gets() -> None:
    event = {"exception": [{"frames": [{"function": "f", "pre_context": ["one", "two", "three"], "vars": {"n": "1"}}]}]}
    first = scrub(event)
    first["exception"][0]["frames"][0]["function"] = "changed"
    first["exception"][0]["frames"][0]["vars"]["n"] = "changed"

    assert scrub(event) == event


@pytest.mark.parametrize("place", ["pre_context", "context_line", "function"])
def test_no_secret_of_a_frame_stays_in_memory(place: str) -> None:
    secret = f"hunter2-{place}-s3cr3t"
    text = f"password = '{secret}'"
    frame = {"filename": f"{place}.py", place: [text, "", ""] if place == "pre_context" else text}
    assert secret not in str(scrub({"frames": [frame], "modules": {f"password={secret}": "1"}}))

    held = [key for key in gc.get_objects() if type(key) is Hashed and key.content is not None]

    assert held == []
    assert _scrubbed_frame.cache_info().currsize
    assert _are_known_plain.cache_info().currsize
