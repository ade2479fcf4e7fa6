"""What a .env.example says of its variables, and what is no default of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.example.parse import ExampleError, is_placeholder, parse

FILE = """# Settings of the shop.
# Copy to .env.

# ===== Database =====
# Where orders are. # one of ours
DATABASE_URL=
DB_POOL=5   # connections of a process

### Mail
MAIL_HOST=smtp.example.com
MAIL_FROM=shop@corp.test # who it is from
export MAIL_PASSWORD=hunter2
# MAIL_PORT=587

# Optional: without it nothing is measured.
STATSD_HOST=

API_KEY=your-key-here
SENTRY_DSN=<dsn>
SIGNING_KEY=9f8a7b6c5d4e3f2a1b0c
PEM="one
two"
what is this
DB_POOL=6
REGION='eu-west-1'
TITLE="Shop #1"
DERIVED=${REGION}-x
"""


def test_a_file_as_people_write_it() -> None:
    example = parse(FILE)
    rows = {row.name: (row.required, row.default, row.secret) for row in example.variables.values()}
    assert rows == {
        "DATABASE_URL": (True, "", False),
        "DB_POOL": (False, "6", False),
        "MAIL_HOST": (True, "", False),
        "MAIL_FROM": (False, "shop@corp.test", False),
        "MAIL_PASSWORD": (True, "", True),
        "MAIL_PORT": (False, "587", False),
        "STATSD_HOST": (False, "", False),
        "API_KEY": (True, "", True),
        "SENTRY_DSN": (True, "", False),
        "SIGNING_KEY": (True, "", True),
        "PEM": (False, "one\ntwo", False),
        "REGION": (False, "eu-west-1", False),
        "TITLE": (False, "Shop #1", False),
        "DERIVED": (True, "", False),
    }
    described = {row.name: row.description for row in example.variables.values() if row.description}
    assert described["DATABASE_URL"] == "Where orders are. # one of ours"
    assert described["MAIL_FROM"] == "who it is from"
    assert not {"PEM", "TITLE"} & described.keys()
    assert described["MAIL_HOST"] == described["MAIL_PORT"] == "Mail"
    assert described["STATSD_HOST"].startswith("Optional")
    assert [str(remark) for remark in example.not_understood] == ["line 23: not NAME=VALUE"]
    remarks = [str(remark) for remark in example.remarks]
    assert remarks == [
        "line 20: SIGNING_KEY has what looks like a secret; it is not stored. If it is real, replace it",
        "line 24: DB_POOL stands there again, first in line 7",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "changeme", "change-me", "<your key>", "xxxx", "sk_test_xxxxxx", "your-key-here", "YOUR_TOKEN", "...", "***",
        "TODO", "[dsn]", "replace_me", "https://example.com", "put-it-here", "insert_key", "…",
    ],
)  # fmt: skip
def test_placeholders_are_no_defaults(text: str) -> None:
    assert is_placeholder(text)
    (row,) = parse(f"NAME={text}").variables.values()
    assert (row.default, row.required) == ("", True)


@pytest.mark.parametrize(
    "text", ["production", "5", "true", "localhost", "eu-west-1", "info", "redis://localhost:6379/0"]
)
def test_words_that_an_application_works_with_are(text: str) -> None:
    (row,) = parse(f"NAME={text}").variables.values()
    assert (row.default, row.required) == (text, False)


@pytest.mark.parametrize(
    "line",
    [
        "STRIPE=" + "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
        "DATABASE_URL=postgres://shop:s3cretpassw0rd@db/shop",
        "# OLD=" + "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    ],
)
def test_what_looks_like_a_real_secret_is_told_and_not_kept(line: str) -> None:
    example = parse(line)
    (row,) = example.variables.values()
    assert (row.default, row.secret) == ("", True)
    assert "it is not stored" in str(example.remarks[0])
    assert line.partition("=")[2] not in str(example)


def test_a_comment_beside_quotes_is_found_however_many_backslashes_are_in_them() -> None:
    """In single quotes and where the quotes are never closed, too; not by trying each way to read them."""
    found = parse(f"A='{chr(92) * 9000}' # first\nB=\"{chr(92) * 9000}\"# second\nC='{chr(92) * 9000}\n").variables
    assert [each.description for each in found.values()] == ["first", "second", ""]


def test_a_secret_in_a_comment_is_not_kept_either() -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    example = parse(f"# ours is {secret}\nKEY=\n")
    assert example.variables["KEY"].description == ""
    assert secret not in str(example)


@pytest.mark.parametrize("text", ["", "# nothing\n", "hello\n", "A=\0", "A=1\n" * 300_000])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ExampleError):
        parse(text)


NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)


@given(st.lists(NAMES, min_size=1, unique=True), st.sets(st.integers(0, 30)))
def test_each_name_is_found_once_and_optional_where_it_is_commented_out(names: list[str], commented: set[int]) -> None:
    lines = [f"{'# ' if number in commented else ''}{name}=" for number, name in enumerate(names)]
    example = parse("\n".join(lines))
    assert list(example.variables) == names
    assert [row.optional for row in example.variables.values()] == [n in commented for n in range(len(names))]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        example = parse(text)
    except ExampleError:
        return
    assert example.variables
