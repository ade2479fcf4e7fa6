"""What may be expected of a variable, and the words that its agent is asked for so that an index keeps its meaning."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.systems.value_rules.expected_values import (
    LONGEST,
    MOST_LITERALS,
    ExpectedError,
    is_as_wanted,
    is_literal,
    refusal,
    validate,
    wanted_in,
    words_asked,
)

MANY = [f"word-{number}" for number in range(150)]


@pytest.mark.parametrize(
    "text", ["production", "raxx.app", "https://raxx.app", "4", "*", "a" * LONGEST, "Räxx", "eu-central-1"]
)
def test_a_literal(text: str) -> None:
    assert is_literal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two words",
        "a\tb",
        "<value>",
        "...",
        "https://...",
        "a…",
        "$VAR",
        "${VAR}",
        "{{ x }}",
        "your-domain",
        "xxxx",
        "***",
        "changeme",
        '"a"',
        "a" * (LONGEST + 1),
        "\ud800",
        "redis://:hunter2@host",
        "sk_live_abcdefgh12345678",
    ],
)
def test_no_literal(text: str) -> None:
    assert not is_literal(text)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["production"], "it has to be an object from environments"),
        ({"prod": 1}, "prod: no literal"),
        ({"prod": "<hunter2>"}, "prod: no literal"),
        ({"hunter2 x": "a"}, "one of its keys is no environment"),
    ],
)
def test_what_is_wrong_names_what_is_allowed_and_repeats_nothing(values: Any, message: str) -> None:
    with pytest.raises(ExpectedError) as refused:
        validate(values)
    assert message in str(refused.value)
    assert "no placeholder such as" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    validate({"prod": "production", "*": "development", "staging": ""})


def test_of_secrets_and_flags_nothing_is_expected() -> None:
    assert "secret" in refusal("API_TOKEN", secret=True)
    assert "flag" in refusal("FLAG_X", secret=False)
    assert refusal("FLASK_ENV", secret=False) == ""


def test_the_environments_own_literal_goes_before_that_of_every_other() -> None:
    values = {"*": "production", "staging": "development", "dev": ""}
    assert [wanted_in(values, slug) for slug in ("prod", "staging", "dev")] == ["production", "development", ""]
    assert wanted_in({"prod": "a"}, "staging") == ""


@pytest.mark.parametrize(
    ("accepted", "wanted", "words"),
    [
        (["a", "b"], "", ["a", "b"]),
        (["a", "b"], "b", ["a", "b"]),
        (["a", "b"], "c", ["a", "b", "c"]),
        ([], "c", ["c"]),
        ([], "True", ["True", "1", "true", "on", "yes"]),
        (["on", "off"], "1", ["on", "off", "1", "true", "yes"]),
        (MANY, "", MANY[:MOST_LITERALS]),
        (MANY, MANY[99], MANY[:MOST_LITERALS]),
        (MANY, MANY[120], [*MANY[:99], MANY[120]]),
        (MANY[:100], "c", [*MANY[:99], "c"]),
        (MANY[:99], "c", [*MANY[:99], "c"]),
    ],
)
def test_the_words_asked(accepted: list[str], wanted: str, words: list[str]) -> None:
    assert words_asked(accepted, wanted) == words
    assert len(words) <= MOST_LITERALS


def test_words_for_yes_and_no_are_as_good_as_others_of_their_meaning() -> None:
    assert is_as_wanted("on", "1")
    assert is_as_wanted("0", "False")
    assert not is_as_wanted("0", "1")
    assert not is_as_wanted("Production", "production")
