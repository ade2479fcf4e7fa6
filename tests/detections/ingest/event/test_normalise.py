"""What SDKs of all ages send becomes one shape; nothing makes it raise."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.normalise import MAX_BREADCRUMBS, MAX_TAGS, normalise
from detections.ingest.event.stacktraces import MAX_FRAMES

FIELDS = [
    "event_id", "platform", "level", "logger", "transaction", "culprit", "transaction_info", "timestamp", "environment",
    "release", "message", "logentry", "exception", "stacktrace", "threads", "request", "user", "tags", "contexts",
    "extra", "breadcrumbs", "sdk", "modules", "fingerprint", "sentry.interfaces.Http", "sentry.interfaces.Message",
    "values", "frames", "type", "value", "mechanism", "handled", "vars", "headers", "query_string", "cookies", "data",
]  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=12))
def test_wrong_types_in_every_field_never_raise(payload: dict[str, Any]) -> None:
    event = normalise(payload)

    msgspec.json.encode(event)
    assert event["level"] in {"fatal", "error", "warning", "info", "debug"}
    assert event["environment"]
    assert all(isinstance(value, str) for value in event.get("tags", {}).values())
    for link in event.get("exception", []):
        assert all(isinstance(frame, dict) for frame in link.get("frames", []))


@pytest.mark.parametrize("tags", [{"a": 1, "b": None, "c": "x"}, [["a", 1], ["b", None], ["c", "x"], None, ["d"]],
                                  [{"key": "a", "value": 1}, {"key": "c", "value": "x"}]])  # fmt: skip
def test_tags_of_all_forms(tags: Any) -> None:
    assert normalise({"tags": tags})["tags"] == {"a": "1", "c": "x"}


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"message": "plain"}, {"formatted": "plain"}),
        ({"message": {"message": "a %s", "formatted": "a b", "params": ["b"]}},
         {"template": "a %s", "formatted": "a b", "params": ["b"]}),
        ({"logentry": {"message": "a %s", "params": ["b"]}, "message": "a b"},
         {"template": "a %s", "formatted": "a b", "params": ["b"]}),
        ({"sentry.interfaces.Message": {"message": "only"}}, {"template": "only", "formatted": "only"}),
        ({"message": 42}, {"formatted": "42"}),
    ],
)  # fmt: skip
def test_messages_of_all_forms(payload: Any, message: Any) -> None:
    assert normalise(payload)["message"] == message


@pytest.mark.parametrize(
    "exception",
    [
        {"values": [{"type": "E", "value": "v"}]},
        [{"type": "E", "value": "v"}],
        {"type": "E", "value": "v"},
        {"values": [None, {"type": "E", "value": "v"}]},
    ],
)
def test_exceptions_of_all_forms(exception: Any) -> None:
    assert normalise({"exception": exception})["exception"] == [{"type": "E", "value": "v"}]


def test_raven_puts_the_stack_beside_the_exception() -> None:
    payload = {"exception": [{"type": "E"}], "stacktrace": {"frames": [{"function": "f", "lineno": "12"}]}}

    assert normalise(payload)["exception"] == [{"type": "E", "frames": [{"function": "f", "lineno": 12}]}]


def test_an_exception_group_whose_parents_form_a_circle() -> None:
    links = [{"type": "A", "mechanism": {"exception_id": 0, "parent_id": 1}},
             {"type": "B", "mechanism": {"exception_id": 1, "parent_id": 0}}]  # fmt: skip

    assert [link["type"] for link in normalise({"exception": links})["exception"]] == ["A", "B"]


@pytest.mark.parametrize(
    ("level", "name"),
    [
        *(("critical", "fatal"), ("WARN", "warning"), (40, "error"), (35, "warning"), (5, "debug"), (None, "error")),
        *(("strange", "error"), ([], "error")),
    ],
)
def test_levels(level: Any, name: str) -> None:
    assert normalise({"level": level})["level"] == name


@pytest.mark.parametrize(
    "headers", [{"Accept": ["a", "b"]}, [["Accept", "a, b"]], [{"key": "Accept", "value": "a, b"}]]
)
def test_headers_of_all_forms(headers: Any) -> None:
    assert normalise({"request": {"headers": headers}})["request"]["headers"] == {"Accept": "a, b"}


@pytest.mark.parametrize("name", ["generic WSGI request", "generic ASGI request"])
def test_a_wrappers_own_name_for_what_it_does_not_know_is_no_transaction(name: str) -> None:
    assert "transaction" not in normalise({"transaction": name})
    assert normalise({"transaction": f"{name}s"})["transaction"] == f"{name}s"


def test_long_lists_are_bounded() -> None:
    event = normalise(
        {
            "tags": {str(n): "x" for n in range(10_000)},
            "breadcrumbs": {"values": [{"message": str(n)} for n in range(500)]},
            "exception": {"type": "E", "stacktrace": {"frames": [{"lineno": n} for n in range(1000)]}},
        }
    )

    assert len(event["tags"]) == MAX_TAGS
    assert event["breadcrumbs"][-1]["message"] == "499"
    assert len(event["breadcrumbs"]) == MAX_BREADCRUMBS
    frames = event["exception"][0]["frames"]
    assert (len(frames), frames[0]["lineno"], frames[-1]["lineno"]) == (MAX_FRAMES, 0, 999)


def test_environment_default_and_limits() -> None:
    assert normalise({})["environment"] == "production"
    assert normalise({"tags": {"environment": "qa"}})["environment"] == "qa"
    assert normalise({"environment": "a/b\n"})["environment"] == "a-b"
    assert len(normalise({"environment": "x" * 500})["environment"]) == 64


def test_users_with_numeric_ids() -> None:
    assert normalise({"user": {"id": 7, "org_id": "org_456"}})["user"] == {"id": "7", "org_id": "org_456"}
