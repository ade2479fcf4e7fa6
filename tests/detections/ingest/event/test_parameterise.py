"""Parameters of messages are replaced whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.parameterise import MAX_TEXT, parameterise

WHOLE = {
    "number": [
        *("7", "4711", "-3", "+1", ".5", "1.5", "1,234,567.89", "1_000", "1e-5", "1.5e+10", "3rd", "21st", "3x"),
        *("12ms", "150ms", "1.5MB", "20kB", "3s", "10s", "250\xb5s", "1h23m", "1m30.5s", "10MB/s", "12%", "12.5 %"),
        *("17 ms", "1 second", "3 seconds", "4 KiB", "1920x1080", "2d", "1.5K", "60Hz"),
    ],
    "date": [
        *("2026-06-12", "2026-06-12T12:00:00Z", "2026-06-12 12:00:00,123", "2026-06-12T12:00:00.123456+02:00"),
        *("2026/11/28 13:00:00", "11/28/2026 1:00 PM", "28.11.2026", "20261128T130000Z", "2026-W48-6", "13:00:00.5"),
        *("Sat Nov 28 13:00:00 2026", "Sun Nov  9 14:01:02 2026", "Sat Nov 28 13:00:00 UTC 2026", "Nov 28 13:00:00"),
        *("Sat, 28 Nov 2026 13:00:00 GMT", "28/Nov/2026:13:00:00 +0000", "March 5, 2026", "Saturday, 28 November 2026"),
        "Sat Nov 28 2026 13:00:00 GMT+0100 (Central European Standard Time)",
        "datetime.datetime(2026, 5, 2, 23, 25)",
        "datetime.datetime(2026, 5, 2, 1, tzinfo=zoneinfo.ZoneInfo(key='UTC'))",
    ],
    "bool": ["True", "False", "true", "false"],
    "ip": ["10.0.0.1", "10.0.0.0/8", "::1", "fe80::1%eth0", "2001:db8::8a2e:370:7334/64", "1:2:3:4:5:6:7:8"],
    "mac": ["aa:bb:cc:dd:ee:ff", "00-1B-63-84-45-E6"],
    "version": ["1.2.3", "v1.2", "v2.75.0", "1.2.3-rc.1+build5", "1.5.0rc1", "10.0.19045.3693-x"],
    "duration": ["PT1H30M", "P3D", "PT0.5S"],
    "hex": ["0xdeadbeef", "0X1F", "a1b2c3d", "d41d8cd98f00b204e9800998ecf8427e"],
    "uuid": ["3f0c9b5e-1111-4222-8333-123456789012", "3F0C9B5E-1111-4222-8333-123456789012"],
    "id": ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "cus_NffrFeUfNV2Hib9", "AKx81kJ2mQ7pLz90"],
    "email": ["ada@example.org", "a.b+c@mail.example.co.uk"],
    "url": ["https://a.example/b?c=1", "HTTP://A.example", "postgres://u@db:5432/x", "http://[::1]:80/x"],
    "quoted": ["'abc'", '"x y"', "''", "b'abc'", "u'abc'", r"'it\'s'", "\u201cx\u201d", "\xabx\xbb"],
}
HOSTILE = ["a@", "1.", "'\\", "1:", "aa:", "1ms", "P1Y", "Jan-", "datetime.datetime(", "a-", "::", '"', "("]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WHOLE.items() for value in values])
@pytest.mark.parametrize("text", ["at {} it broke", "key={}", "({})", "a: {}"])
def test_a_parameter_is_replaced_whole(kind: str, value: str, text: str) -> None:
    assert parameterise(text.format(value)) == text.format(f"<{kind}>")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "user_17 is away",
            "utf8 x",
            "python3 x",
            "12abc x",
            "1.5abc x",
            "10.0.0.1abc x",
            "v2 of it",
            "std::vector x",
        ),
        *("deadbeef x", "can't open user's file", "Mayor of x", "March of x", "a::b x", "Truest x", "x_True x", "P x"),
        *("status=ok", "Unknown column `price`", "%s of {name}", "ms x", "0xyz x", "1e5x x"),
    ],
)
def test_a_word_is_left_alone(text: str) -> None:
    assert parameterise(text) == text


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("order-17 of [1,2,3]", "order-<number> of [<number>]"),
        ("10.0.0.1:5432 refused.", "<ip>:<number> refused."),
        ("/v2/orders/17/x.", "/v2/orders/<number>/x."),
        ("5<6 and x=1", "<number><<number> and x=<number>"),
        ('{"a": 12, "b": true}', "{<quoted>: <number>, <quoted>: <bool>}"),
        ("file.py:17: 3 days, 2:01:03", "file.py:<number>: <number>, <date>"),
        ("sha256:d41d8cd98f00b204e9800998ecf8427e", "sha256:<hex>"),
        ("Import failed:\n\n  unknown\tcolumn 3\nmore", "Import failed: unknown column <number>"),
    ],
)
def test_parameters_among_others(text: str, replaced: str) -> None:
    assert parameterise(text) == replaced


MESSAGES = st.text(max_size=300) | st.text(alphabet="0123456789.:,-+ aFxTsMZ_'\"<>()=@/%\\\n", max_size=80)


@given(MESSAGES)
def test_replacing_twice_changes_nothing_more(message: str) -> None:
    once = parameterise(message)
    assert parameterise(once[:MAX_TEXT]) == once[:MAX_TEXT] or len(once) > MAX_TEXT
    assert "\n" not in once


@given(st.from_regex(r"[A-Za-z0-9_]{1,24}", fullmatch=True))
def test_a_word_is_replaced_whole_or_not_at_all(word: str) -> None:
    middle = parameterise(f"of {word} broke").removeprefix("of ").removesuffix(" broke")
    assert middle == word or (middle[0] == "<" and middle[1:-1] in WHOLE and middle[-1] == ">")


@given(st.sampled_from(HOSTILE), st.integers(1, 4000))
def test_hostile_texts_are_read_no_further_than_others(piece: str, times: int) -> None:
    assert parameterise(piece * times) == parameterise((piece * times)[:MAX_TEXT])
