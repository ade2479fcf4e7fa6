"""What a note, link or log may not hold; names of secrets are told freely."""

from __future__ import annotations

import pytest

from opsconsole.lib.secret_text import looks_secret


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
