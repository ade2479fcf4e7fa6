"""What a report says of variables: states, verdicts, fingerprints with known answers, and nothing of the values."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.config_health.findings.flag_state import flag_is_on
from bootstrap.config_health.variable_status import JudgedVariable
from bootstrap.systems.value_rules.agent import agent
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap.agent.consoles import KEY, manifest

NOW = datetime(2026, 6, 14, 3, tzinfo=UTC)


def report(values: dict[str, str], *asked: dict[str, Any], key: bytes | None = None, release: str | None = None) -> Any:
    read = agent.read_manifest(json.dumps(manifest(*asked)).encode())
    return agent.build_report(read, agent.of_environment(values), key, NOW, release)


def one(value: str | None, **asked: Any) -> Any:
    (variable,) = report({} if value is None else {"A": value}, {"name": "A", **asked}, key=KEY.encode())["variables"]
    return variable


def test_all_of_it() -> None:
    found = report(
        {"SECRET_KEY": "x" * 40, "PATH": "/bin", "WEB_CONCURRENCY": "3"}, {"name": "SECRET_KEY"}, {"name": "B"}
    )
    assert found == {
        "schema": 1,
        "agent": "1.1",
        "manifest": "f" * 64,
        "reported_at": "2026-06-14T03:00:00Z",
        "release": None,
        "facts": {"workers": 3},
        "variables": [
            {"name": "SECRET_KEY", "state": "set", "format_ok": None, "accepted_index": None, "fingerprints": {}},
            {"name": "B", "state": "unset", "format_ok": None, "accepted_index": None, "fingerprints": {}},
        ],
        "other_names": ["PATH", "WEB_CONCURRENCY"],
    }


@pytest.mark.parametrize(
    ("value", "state", "format_ok"),
    [(None, "unset", None), ("", "empty", None), (" \n", "empty", None), ("x" * 32, "set", True), ("x", "set", False)],
)
def test_states_and_formats(value: str | None, state: str, format_ok: bool | None) -> None:
    variable = one(value, format="min_length:32")
    assert (variable["state"], variable["format_ok"]) == (state, format_ok)


def test_a_rule_of_newer_agents_is_not_judged() -> None:
    assert one("x", format="palindrome:9")["format_ok"] is None


@pytest.mark.parametrize(("value", "index"), [("production", 0), ("development", 1), ("Production", None), ("x", None)])
def test_literals_are_told_by_their_index(value: str, index: int | None) -> None:
    assert one(value, accepted=["production", "development"])["accepted_index"] == index


@pytest.mark.parametrize(("value", "on"), [("1", True), ("TRUE", True), ("Off", False), ("", False), ("maybe", None)])
def test_flags(value: str, on: bool | None) -> None:
    variable = one(value, format="boolean", accepted=list(FLAG_WORDS))
    assert (
        flag_is_on(FLAG_WORDS, JudgedVariable(variable["state"], variable["format_ok"], variable["accepted_index"]))
        is on
    )


def test_fingerprints_have_known_answers() -> None:
    """Worked out by hand from the definition, so that agents of all versions agree."""
    value = "a-secret-of-some-length"
    group_key = hmac.new(KEY.encode(), b"group:raptor/prod/internal-api-secret", hashlib.sha256).digest()
    expected = hmac.new(group_key, value.encode(), hashlib.sha256).hexdigest()[:16]
    assert agent.fingerprint(KEY.encode(), "raptor/prod/internal-api-secret", value) == expected == "14fe3ead6f8166e8"
    assert agent.fingerprint(KEY.encode(), "g", "ä" * 16) == "0c80cd9de03addc6"


def test_short_values_have_none_and_without_a_key_nobody_has() -> None:
    assert one("x" * 15, groups=["g"])["fingerprints"] == {}
    assert set(one("x" * 16, groups=["g", "h"])["fingerprints"]) == {"g", "h"}
    (variable,) = report({"A": "x" * 16}, {"name": "A", "groups": ["g"]})["variables"]
    assert variable["fingerprints"] == {}


@given(st.text(min_size=16), st.text(min_size=16))
def test_equal_values_and_only_these_have_equal_fingerprints(one: str, other: str) -> None:
    key = KEY.encode()
    first, second = agent.fingerprint(key, "g", one), agent.fingerprint(key, "g", other)
    assert (first == second) is (one == other)
    assert first == agent.fingerprint(key, "g", one)
    assert first != agent.fingerprint(key, "h", one)
    assert first != agent.fingerprint(key[::-1], "g", one)


def test_names_that_look_like_values_are_not_told() -> None:
    names = ["PATH", "FLAG_OLD", "AKIAIOSFODNN7EXAMPLE", "MIIEowIBAAKCAQEA", "sk_live_abc", "OPSCONSOLE_AGENT_TOKEN"]
    assert report(dict.fromkeys(names, "x"))["other_names"] == ["FLAG_OLD", "PATH"]


@pytest.mark.parametrize("value", ["0", "two", "-1", "99999", "2; rm", "٣"])
def test_workers_are_a_number_or_not_told(value: str) -> None:
    assert report({"WEB_CONCURRENCY": value})["facts"] == {}


def test_releases() -> None:
    assert report({"HEROKU_RELEASE_VERSION": "v12"})["release"] == "v12"
    assert report({"HEROKU_RELEASE_VERSION": "something else"})["release"] is None
    assert report({"HEROKU_RELEASE_VERSION": "v12"}, release="2026.6")["release"] == "2026.6"


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"{}", b'{"schema": 2}', b'{"schema": 1, "hash": "x"}', b'{"schema": 1, "variables": []}',
        b'{"schema": 1, "hash": "x", "variables": [1]}', b'{"schema": 1, "hash": "x", "variables": [{"name": "a b"}]}',
        b'{"schema": 1, "hash": "x", "variables": [{"name": "A", "format": 1}]}',
        b'{"schema": 1, "hash": "x", "variables": [{"name": "A", "groups": "g"}]}',
        b'{"schema": 1, "hash": "x", "variables": [{"name": "A", "accepted": [1]}]}',
        b'{"schema": 1, "hash": "x", "variables": [{"name": "A"}, {"name": "A"}]}', b"[" * 100_000, b"\xff",
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(document: bytes) -> None:
    with pytest.raises(agent.InputError):
        agent.read_manifest(document)
