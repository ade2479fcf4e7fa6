"""Values that notes, links and logs must not contain; names of secrets are allowed."""

from __future__ import annotations

import pytest

from opsconsole.lib.text.secrets import looks_secret, scrub_text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rotated, now sk_live_abcdefgh123", "an API key or token"),
        ("AKIAABCDEFGHIJKLMNOP", "an API key or token"),
        ("postgres://user:pass@db.example.org/app", "a password in an address"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("Authorization: Bearer abcdef0123456789abcdef", "credentials"),
        ("password=hunter2", "a value given to a secret's name"),
        ("https://example.org/?token=abcdef123", "a value given to a secret's name"),
        ("SECRET_KEY: 3f9a8b7c6d5e4f3a2b1c", "a value given to a secret's name"),
        ("ran curl -u ada:hunter2 https://a.example", "a password in a command"),
        ("mysql -uroot -phunter2 shop", "a password in a command"),
        ("see https://hooks.slack.com/services/T0/B0/abcdefgh1234", "an address that is a key"),
        ("paid with 4111.1111.1111.1111", "a card number"),
        ("paid with 4111 1111 1111 1111", "a card number"),
    ],
)
def test_values_are_found(text: str, what: str) -> None:
    assert looks_secret(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token: rotated by ada",
        "SECRET_KEY set in the vault",
        "the secret = <value>",
        'heroku config:set SECRET_KEY="$(python3 gen.py)"',
        "see /Raxx/Backend/SECRET_KEY, order 4111111111",
        "https://abc123def@o1.ingest.sentry.io/1",
        "basic understanding of the bearer of news",
    ],
)
def test_names_and_prose_are_not(text: str) -> None:
    assert looks_secret(text) is None


# None of these came to an end with patterns that look ahead from each place where a value may begin.
_LONG = 2_000_000
_NOTHING = ("-eyJ", "bearer -", "://a:", "token :", "SG.", "12-34-")


@pytest.mark.parametrize("unit", _NOTHING)
def test_long_texts_of_beginnings_contain_nothing(unit: str) -> None:
    assert looks_secret(unit * (_LONG // len(unit))) is None


def test_words_after_a_colon_are_read_once() -> None:
    assert looks_secret("token:" * (_LONG // 6)) is None
    assert looks_secret("token:" * (_LONG // 6) + "1") == "a value given to a secret's name"


def test_long_runs_of_single_digits_are_no_cards_but_may_contain_one() -> None:
    assert looks_secret("4 " * 50_000) is None
    assert looks_secret("4 " * 50_000 + "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1") == "a card number"


def test_the_token_in_a_longer_word_is_what_is_filtered() -> None:
    token = "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"
    assert scrub_text(f"session_{token} x") == "session_[Filtered] x"
    assert scrub_text(f"-eyJ-{token} x") == "-[Filtered] x"
    assert scrub_text("keyJhbGciOiJI.AyJzdWIiOiIx.c2ln") == "keyJhbGciOiJI.AyJzdWIiOiIx.c2ln"
    assert looks_secret(token) == "an API key or token"
