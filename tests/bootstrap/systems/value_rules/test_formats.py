"""The language of format rules: what each accepts, and that nonsense is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.value_rules import formats

CASES = [
    ("nonempty", ["x", " x "], ["", " ", "\n"]),
    ("boolean", ["0", "1", "true", "False", "ON", "no"], ["", "2", "enabled", " 1"]),
    ("integer", ["0", "-5", "+7", "007"], ["", "1.0", "1e3", "١٢", "1 ", "9" * 19]),
    ("integer:1..64", ["1", "64"], ["0", "65", "-1", "x"]),
    ("integer:..10", ["-100", "10"], ["11"]),
    ("integer:5..", ["5", "123456"], ["4"]),
    ("min_length:4", ["abcd", "äöüß"], ["abc", ""]),
    ("prefix:sk_live_", ["sk_live_1"], ["sk_test_1", "", "SK_LIVE_1"]),
    ("prefix:a:b", ["a:bc"], ["a"]),
    (
        "domain",
        ["raxx.app", "raxx-staging.pages.dev", "localhost"],
        ["", "https://raxx.app", "raxx.app:443", "raxx", "-a.b", "a..b", "127.0.0.1", "raxx.app.", "x" * 300 + ".de"],
    ),
    (
        "origin",
        ["https://raxx.app", "http://localhost:3000", "https://[::1]:8443"],
        [
            "",
            "raxx.app",
            "https://raxx.app/",
            "https://u@raxx.app",
            "ftp://raxx.app",
            "https://",
            "https://x?y",
            "*",
            "https://a b",
        ],
    ),
    (
        "origins",
        ["https://raxx.app", "https://raxx.app,https://www.raxx.app", "https://a.de, https://b.de"],
        ["", "https://raxx.app,", "https://raxx.app;https://b.de", "https://raxx.app/x"],
    ),
    (
        "dsn",
        ["https://abc@o1.ingest.sentry.io/42", "http://k:s@localhost:8000/prefix/7"],
        [
            "",
            "https://o1.ingest.sentry.io/42",
            "https://abc@o1.ingest.sentry.io/",
            "https://abc@o1.ingest.sentry.io/x",
            "abc",
        ],
    ),
    (
        "url",
        ["https://a.de/x?y=1", "amqp://u:p@h//v", "sqlite:///x.db"],
        ["", "a.de", "mailto:a@b", "https://", "https://[", "https://h:port", "https://a\n.de", "sqlite://"],
    ),
    (
        "url:postgres,postgresql",
        ["postgres://u:p@h:5432/d", "postgresql://h/d"],
        ["", "mysql://h/d", "postgres:h", "postgres://"],
    ),
    ("url:redis,rediss", ["redis://h:6379/0", "rediss://:p@h"], ["http://h", "redis:6379"]),
]


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, good, _ in CASES for value in good])
def test_accepts(rule: str, value: str) -> None:
    assert formats.check(rule, value)


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, _, bad in CASES for value in bad])
def test_refuses(rule: str, value: str) -> None:
    assert not formats.check(rule, value)


@pytest.mark.parametrize(
    "rule",
    ["", "nonsense", "url:", "url:Post gres", "url:a,,b", "min_length", "min_length:", "min_length:0", "min_length:x",
     "min_length:1234567", "integer:", "integer:..", "integer:5", "integer:9..1", "integer:a..b", "prefix", "prefix:",
     "nonempty:1", "dsn:x", "boolean:", "origins:https", "NONEMPTY", " nonempty", "prefix:" + "x" * 300],
)  # fmt: skip
def test_nonsense_is_refused_and_what_is_allowed_is_named(rule: str) -> None:
    with pytest.raises(formats.FormatError) as refused:
        formats.validate(rule)
    assert formats.ALLOWED in str(refused.value) or rule.partition(":")[0] in str(refused.value)
    with pytest.raises(formats.FormatError):
        formats.check(rule, "x")


def test_each_allowed_rule_is_one() -> None:
    for rule in formats.ALLOWED.split(", "):
        example = rule.replace("MIN..MAX", "1..9").replace("SCHEME,SCHEME", "http,https").replace(":N", ":8")
        formats.validate(example)


@given(st.sampled_from([rule for rule, _, _ in CASES]), st.text())
def test_any_text_is_judged(rule: str, value: str) -> None:
    assert formats.check(rule, value) in (True, False)


@given(st.text())
def test_any_rule_is_read_or_refused(rule: str) -> None:
    try:
        formats.validate(rule)
    except formats.FormatError:
        return
    assert formats.check(rule, "") in (True, False)
