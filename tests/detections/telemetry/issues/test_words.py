"""The words by which issues are searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.issues.words import MOST, phrase, template_key, terms, vector


def lexemes(*texts: str) -> set[str]:
    return {each.partition(":")[0].strip("'") for each in vector(*texts).split()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", set()),
        ("db.away", {"db", "away"}),
        ("token_verifier", {"token", "verifier"}),
        ("ConnectionError", {"connectionerror", "connection", "error"}),
        ("XMLHttpRequest", {"xmlhttprequest", "xml", "http", "request"}),
        ("getUser2FA", {"getuser2fa", "get", "user", "2", "fa"}),
        ("/api/orders/{id}", {"api", "orders", "id"}),
        ("'; DROP \\ \0", {"drop"}),
        ("Größe ΑΘΗΝΑ 東京", {"größe", "αθηνα", "東京"}),
    ],
)
def test_identifiers_are_found_by_their_parts(text: str, words: set[str]) -> None:
    assert lexemes(text) == words


def test_no_phrase_spans_two_texts() -> None:
    assert vector("a b", "c") == "'a':2 'b':3 'c':5"


@pytest.mark.parametrize(
    ("text", "prefix", "literal"),
    [
        ("db.away", False, "'db' <-> 'away'"),
        ("ConnectionErr", True, "'connectionerr':*"),
        ("db is aw", True, "'db' <-> 'is' <-> 'aw':*"),
        ("->", True, ""),
    ],
)
def test_phrases(text: str, prefix: bool, literal: str) -> None:
    assert phrase(text, prefix=prefix) == literal


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("db away", [("db", False), ("away", True)]),
        ('"db is away" no', [("db is away", False), ("no", True)]),
        ('no "db is', [("no", False), ("db is", False)]),
        ('"" " " x', [("x", True)]),
    ],
)
def test_terms(text: str, found: list[tuple[str, bool]]) -> None:
    assert list(terms(text)) == found


def test_messages_of_one_template_have_one_key() -> None:
    same = [template_key("E", f"order {n} of '{name}' took {n}ms") for n, name in ((17, "anna"), (4, "bert"))]
    assert len(set(same)) == 1
    assert template_key("E", "order failed") != template_key("E", "order lost")
    assert template_key("E", "x") != template_key("F", "x")


def test_of_a_long_message_the_beginning_counts() -> None:
    for hostile in ("a" * MOST, "'" * MOST, "a" * MOST + "1", "a'" * MOST):
        assert template_key("", hostile * 100) == template_key("", hostile[:MOST])


@given(st.text())
def test_any_text_has_quoted_words_of_bounded_length(text: str) -> None:
    literals = [each.partition(":")[0] for each in vector(text).split()]
    assert all(
        each[0] == each[-1] == "'" and not set(each[1:-1]) & set("'\\\\ ") and len(each) <= 62 for each in literals
    )
    assert -(2**63) <= template_key("", text) < 2**63
    assert len(vector("x " * MOST).split()) <= MOST
    assert list(terms(text)) == list(terms(text))
