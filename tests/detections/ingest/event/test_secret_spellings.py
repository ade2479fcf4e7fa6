"""Spellings of secrets that once slipped through."""

from __future__ import annotations

import json

import pytest

from detections.ingest.event.scrub import scrub
from detections.ingest.protocol.auth import from_request
from detections.ingest.protocol.errors import Refused
from opsconsole.lib.text.secrets import scrub_text
from tests.security.key_cases import NO_KEYS


@pytest.mark.parametrize("name", ["tokens", "access_key", "accessKey", "db_pass", "DB-PASS", "refreshTokens"])
def test_names(name: str) -> None:
    assert "canary" not in json.dumps(scrub({"extra": {name: "canary"}}))


@pytest.mark.parametrize("name", ["bypass", "pass_rate", "token_count", "compass"])
def test_names_that_only_look_like_it(name: str) -> None:
    assert scrub({"extra": {name: "kept"}})["extra"][name] == "kept"


@pytest.mark.parametrize(
    "text",
    [
        "password=ab,canary",
        "password=ab;canary and more",
        "<password>canary</password>",
        "ran tool --password canary --verbose",
        "args ('password', 'canary')",
        "token=canary,next=1",
    ],
)
def test_texts(text: str) -> None:
    assert "canary" not in scrub_text(text)


def test_what_follows_the_secret_stays() -> None:
    assert scrub_text("token=abc,next=1") == "token=[Filtered],next=1"
    assert scrub_text("password: abc, then it failed").endswith(", then it failed")
    assert scrub_text("ran tool --password abc --verbose").endswith(" --verbose")


def test_a_literal_in_source_code() -> None:
    line = "headers={'Authorization': 'Bearer canary-1234567'}"
    assert "canary" not in scrub_text(line, code=True)
    assert scrub_text("headers = {'Authorization': f'Bearer {token}'}", code=True).endswith("f'Bearer {token}'}")


def test_repeated_keys_must_agree() -> None:
    one, other = "0" * 32, "1" * 32
    with pytest.raises(Refused, match="contradicting"):
        from_request("", "", f"sentry_key={one}&sentry_key={other}")
    found = from_request("", "", f"sentry_key={one}&sentry_key={one}")
    assert found
    assert found.public_key == one


def test_numbers_of_tokens_stay_and_texts_under_the_same_name_do_not() -> None:
    kept = scrub({"extra": {"tokens": 12, "tokensOut": 3, "session_tokens": "canary", "otp": 482913}})["extra"]

    assert kept == {"tokens": 12, "tokensOut": 3, "session_tokens": "[Filtered]", "otp": "[Filtered]"}


@pytest.mark.parametrize(
    "unit",
    ["password: |\n  ", "password\\\\\\\"", "\\", 'password="', "insert into a (password) values ('", "密码:",
     "setPassword(",
     '"--token", ', "api_key ||= `", "password provided: ", "psql -p 1 mysql ", "sqlplus a/",
     "jdbc:oracle:thin:a/", "pbkdf2$",
     "EAAC-"],
)  # fmt: skip
@pytest.mark.parametrize("code", [False, True])
def test_long_texts_of_new_beginnings_are_read_in_one_pass(unit: str, code: bool) -> None:
    assert scrub_text("kept " + unit * (400_000 // len(unit)), code=code).startswith("kept ")


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_only_looks_like_a_key_stays(text: str) -> None:
    assert scrub({"extra": {"note": text}})["extra"]["note"] == text
