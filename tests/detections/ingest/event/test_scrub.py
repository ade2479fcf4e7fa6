"""No secret is kept, wherever it stands; what only looks like one survives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.scrub import MAX_DEPTH, MAX_TEXT, MAX_WIDTH, _name, scrub
from opsconsole.lib.text.secret_names import is_secret
from opsconsole.lib.text.secret_numbers import FILTERED, is_card
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import folded, scrub_text

SECRET = "hunter2-s3cr3t"


@pytest.mark.parametrize(
    "name",
    [
        "password", "PASSWORD", "user_password", "passwordConfirmation", "passwd", "pwd", "secret", "client_secret",
        "secretKey", "INTERNAL_API_SECRET", "token", "access_token", "accessToken", "X-Auth-Token", "csrf_token",
        "api_key", "apikey", "API-Key", "X-Api-Key", "x_api_key", "Authorization", "Proxy-Authorization", "Cookie",
        "Set-Cookie", "sessionid", "PHPSESSID", "credentials", "private_key", "ssn", "cvv", "jwt", "auth",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["author", "beta_token_verifier", "token_count", "tokenizer", "order_id", "path", "passenger", "key", "keyboard",
     "session_duration", "monkey", "spin", "hash", "commit_sha", "", "…"],
)  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"login failed, password: {SECRET}",
        f'{{"api_key": "{SECRET}", "n": 1}}',
        f"{{'token': '{SECRET}'}}",
        f'{{\\"password\\": \\"{SECRET}\\"}}',
        f"GET /x?a=1&access_token={SECRET}&b=2",
        f"Authorization: Bearer {SECRET}00000",
        f"header Bearer {SECRET}00000 sent",
        f"Basic {'dXNlcjpodW50ZXIy'} {SECRET}".replace(SECRET, "") + f"cookie: a={SECRET}; b={SECRET}",
        f"postgres://ops:{SECRET}@db.example/prod",
        f"password%3D{SECRET}",
        f'secret = "{SECRET} with blanks"',
    ],
)
def test_secrets_in_text(text: str) -> None:
    scrubbed = scrub_text(text)

    assert SECRET not in scrubbed
    assert FILTERED in scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "sk-proj-" + "abcdefghijklmnop1234", "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9, "glpat-" + "a1B2" * 5, "xoxb-" + "123456789012-abcdef", "AKIA" + "IOSFODNN7EXAMPLE",
        "AIza" + "a1B2" * 9, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk", "123-45-6789",
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "378282246310005", "5555555555554444",
        "6011111111111117", "3530111333300000", "30569309025904",
    ],
)  # fmt: skip
def test_keys_cards_and_numbers_inside_text(text: str) -> None:
    for around in ("{}", "value {} seen", "'{}'", "ref:{},", "12 {} 99"):
        assert text not in scrub_text(around.format(text)), around


@pytest.mark.parametrize(
    "text",
    [
        "beta_token_verifier: Console returned 403",
        "order 4111111111111112 is late",  # check digit wrong
        "order 1234567890123456", "timestamp 1718190000000", "ratio 0.4111111111111111",
        "d41d8cd98f00b204e9800998ecf8427e", "3f0c9b5e-1111-4222-8333-123456789012", "phone 555-12-34", "000-12-3456",
        "a basic understanding of tokens", "the bearer of this", "INTERNAL_API_SECRET mismatch",
     "https://example.com/a:b@c",
        "2026-06-12T12:00:00.123456Z", "10.0.0.1:5432",
    ],
)  # fmt: skip
def test_what_is_no_secret_survives(text: str) -> None:
    assert scrub_text(text) == text


def test_in_source_code_only_literals_are_secrets() -> None:
    assert scrub_text('token = request.headers["X"]', code=True) == 'token = request.headers["X"]'
    assert SECRET not in scrub_text(f'API_KEY = "{SECRET}"', code=True)
    assert SECRET not in scrub_text(f'def login(password: str | None = "{SECRET}") -> None:', code=True)


PLACES: list[Any] = [
    lambda text: {"message": {"formatted": text}},
    lambda text: {"exception": [{"value": text, "frames": [{"vars": {"a": [1, {"b": text}]}}]}]},
    lambda text: {"breadcrumbs": [{"message": text}, {"data": {"x": text}}]},
    lambda text: {"request": {"query_string": text, "headers": {"X-Other": text}, "data": {"a": [[text]]}}},
    lambda text: {"tags": {"a": text}},
    lambda text: {"extra": {text: 1}},
    lambda text: {"a": "no seam", "b": text, "c": "4111"},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("4111 1111 1111 1111", "1111 1111"),
        (f"password={SECRET}", SECRET),
        ("123-45-6789", "6789"),
        ("Bearer abcdef0123456789", "abcdef"),
    ],
)
def test_secrets_are_found_wherever_they_stand(place: Any, text: str, secret: str) -> None:
    kept = json.dumps(scrub(place(f"é before {text} after")))

    assert secret not in kept


def test_lines_of_source_stay_readable_wherever_a_frame_has_them() -> None:
    line = "token = read_token(request)"
    frame = {"context_line": line, "pre_context": [line, line], "post_context": [line] * 5}

    assert scrub({"exception": [{"frames": [frame]}]})["exception"][0]["frames"][0] == frame
    assert scrub({"extra": {"log": [line]}})["extra"]["log"] != [line]


def test_endless_names_are_not_remembered() -> None:
    remembered = _name.cache_info().currsize
    kept = scrub({"extra": {f"{n}" * 300 + "_password": SECRET for n in range(9)}})["extra"]

    assert set(kept.values()) == {FILTERED}
    assert _name.cache_info().currsize <= remembered + 1


def test_values_beside_secret_names_are_removed_whole() -> None:
    event = {"extra": {"password": {"a": SECRET}, "list": [["token", SECRET], {"api_key": [SECRET]}]}, "n": None}

    kept = scrub(event)

    assert kept["extra"]["password"] == FILTERED
    assert SECRET not in json.dumps(kept)


@pytest.mark.parametrize("text", ["YWJjZGVmZ2hpag==", "password=", "basic ", "12 345", "https://a.example", "?code="])
def test_a_text_hides_no_secret_of_the_next(text: str) -> None:
    kept = scrub({"extra": {"nonce": text, "card_no": "4111111111111111", "note": "code=4/0Ab1x9"}})["extra"]

    assert kept["card_no"] == FILTERED
    assert kept["note"] == f"code={FILTERED}"


@pytest.mark.parametrize("field", ["²", "9" * 5000, "٣"])
def test_odd_placeholders_are_names(field: str) -> None:
    message = {"message": f"password {{{field}}}", "params": {field: SECRET, "7": "ada"}}

    assert scrub({"logentry": message})["logentry"]["params"]["7"] == "ada"


def test_lone_surrogates_hinder_no_scrubbing_of_an_event() -> None:
    lines = ["\ud800 = 1", "? = 1"]
    event = {
        "stacktrace": {"frames": [{"pre_context": ["password = '\ud800hunter2'", *lines]}]},
        "modules": {"\ud800": "1"},
    }

    kept = scrub(event)

    assert kept["stacktrace"]["frames"][0]["pre_context"] == [f"password = '{FILTERED}'", *lines]
    assert kept["modules"] == {"\ud800": "1"}


def test_a_name_that_is_a_secret_itself_is_scrubbed_too() -> None:
    assert scrub({"extra": [["password=hunter2", 1]]})["extra"] == [[f"password={FILTERED}", FILTERED]]


def test_card_numbers_that_came_as_numbers() -> None:
    assert scrub({"extra": {"card_no": 4111111111111111, "order": 4111111111111112}})["extra"] == {
        "card_no": FILTERED,
        "order": 4111111111111112,
    }


def test_depth_and_width_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": [deep]}
    wide = {"extra": {str(n): n for n in range(5000)}, "list": list(range(5000))}

    assert json.dumps(scrub(deep)).count("[") <= MAX_DEPTH
    kept = scrub(wide)
    assert len(kept["extra"]) == len(kept["list"]) == MAX_WIDTH + 1


def test_overlong_texts_are_cut_wherever_they_stand_and_say_so() -> None:
    long = "a" * (MAX_TEXT - 8) + "4111 1111 1111 1111" + "b" * 1000
    event = {"extra": {"a": long}, "request": {"data": [1, long]}, "frames": [{"vars": {"v": [long, "x", "y"]}}]}

    kept = scrub(event)

    for text in (kept["extra"]["a"], kept["request"]["data"][1], kept["frames"][0]["vars"]["v"][0]):
        assert text == "a" * (MAX_TEXT - 8) + f"… {len(long) - MAX_TEXT + 8} more characters"
    assert kept["frames"][0]["vars"]["v"][1:] == ["x", "y"]


PARTS = [
    *("password", "token", "secret:", "=", ": ", '"', "'", "\\", "4111 1111 1111 1111", "123-45-6789", "é", "\n", " "),
    *("Bearer ", "abcdefgh1234", "://u:p@h", "cookie", "%3d", "sk_live_aaaaaaaa", "eyJaaaaaaaa.aaaaaaaa", "\u017f"),
    "\u00a0",
]
MORE_PARTS = [
    *("--", "mysql", " -p", "curl -u a:", " is ", "hunter2x", "name", "value", ", ", "{", "}", "[", "]", "(", ")", "<"),
    *(">", "/reset/", "https://a.example/", "GET /", "a1B2c3D4e5F6g7H8", "?code=", "4/0Ab1", "123 45 6789", "`", "pin"),
    *("DE89 3704 0044 0532 0130 00", "4111.1111.1111.1111", "dXNlcjpodW50ZXI=", "stripe_key", "session", "mnemonic"),
    *("INSERT INTO t (password) VALUES (", "IDENTIFIED BY ", "hooks.slack.com/services/T1/B2/", "auth=(", "form-data;"),
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)
MORE_TEXTS = st.lists(st.sampled_from(PARTS + MORE_PARTS), max_size=8).map("".join)


@given(MORE_TEXTS | st.text())
def test_the_quick_search_misses_nothing_that_the_close_look_would_change(text: str) -> None:
    if scrub_text(text) != text or scrub_text(text, code=True) != text:
        assert SUSPECT.search(folded(text).encode())


@given(st.lists(TEXTS, max_size=6))
def test_texts_side_by_side_are_scrubbed_as_each_alone(texts: list[str]) -> None:
    """Three or more: two with a secret's name first are a pair of name and value."""
    kept = scrub({"extra": {"texts": [*texts, "the", "the", "end"]}})["extra"]["texts"]

    assert kept[:-3] == [scrub_text(text) for text in texts]


@given(TEXTS)
def test_scrubbing_again_changes_nothing(text: str) -> None:
    once = scrub_text(text)

    assert scrub_text(once) == once


@given(st.integers(10**11, 10**18))
def test_a_card_needs_a_right_check_digit(stem: int) -> None:
    assert sum(is_card(f"{stem}{digit}") for digit in range(10)) <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "1 ",
        "4111 ",
        "4111-1111-1111-1112, ",
        "123-45-",
        "-eyJ",
        "1" * 100 + "a 2-",
    ],
)
def test_a_megabyte_of_what_nearly_is_a_secret_is_read_in_one_pass(text: str) -> None:
    """Each of these took minutes, or would never have ended."""
    hostile = text * (1_000_000 // len(text))

    assert scrub_text(hostile) == hostile


@pytest.mark.parametrize(
    "text",
    ["/reset/", "mysql -", "insert into a (", "GET /a", "?code=", "AB12 CDEF ", "1234.5678.",
     "://a:b/", "$2b$12$", "key-0a1b ", "re_abcdefgh_ ", "\u200b", "\uff1a",
     "a.atlasv1."],
)  # fmt: skip
def test_a_megabyte_of_beginnings_is_kept(text: str) -> None:
    hostile = text * (1_000_000 // len(text))

    assert scrub_text(hostile) == hostile


@pytest.mark.parametrize(
    "text", ["password ", "token=(", '"name":"password",', "pin is ", "<password>", "secretsecret"]
)
def test_of_a_text_of_secrets_names_only_the_beginning_is_read(text: str) -> None:
    scrubbed = scrub_text("kept " + text * (1_000_000 // len(text)))

    assert scrubbed.startswith("kept ")
    assert scrubbed.endswith(FILTERED)
    assert len(scrubbed) < 500_000


def test_every_card_of_a_list_is_removed_and_the_numbers_between_stay() -> None:
    cards = "12 4111 1111 1111 1111 77 5500-0000-0000-0004 378282246310005"

    assert scrub_text(cards) == "12 [Filtered] 77 [Filtered] [Filtered]"
    assert scrub_text(" ".join([cards] * 50)).count("4111") == 0


def test_a_lone_surrogate_hinders_no_scrubbing() -> None:
    assert "sk_live" not in scrub_text("\ud800 sk_live_0123456789abcdef")
