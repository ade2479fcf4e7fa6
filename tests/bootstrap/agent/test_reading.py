"""What the agent reads: .env files of every make, JSON of `heroku config`, its own environment."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.value_rules.agent import agent


@pytest.mark.parametrize(
    ("text", "values", "left_out"),
    [
        ("A=1\nB = 2 \n", {"A": "1", "B": "2"}, 0),
        ("export A=1\nexport\tB=2", {"A": "1", "B": "2"}, 0),
        ("# A=1\n\n  # B=2\nC=3 # why\nD=4#5\nE=#6", {"C": "3", "D": "4#5", "E": ""}, 0),
        ("A=\"x # y\" # z\nB='$HOME \\n'\nC=`b`", {"A": "x # y", "B": "$HOME \\n", "C": "b"}, 0),
        ('A="one\ntwo=2\nthree"\nB=1', {"A": "one\ntwo=2\nthree", "B": "1"}, 0),
        ("A='one\n\ntwo'  # x\nB=1", {"A": "one\n\ntwo", "B": "1"}, 0),
        ('A="a\\nb\\"c\\\\d\\q"', {"A": 'a\nb"c\\d\\q'}, 0),
        ('A="never closed\nB=1', {"A": '"never closed', "B": "1"}, 0),
        ("A=''\nB=\"\"\nC=", {"A": "", "B": "", "C": ""}, 0),
        ("A=1\r\nB='x\r\ny'\r\n", {"A": "1", "B": "x\ny"}, 0),
        ("A=a=b==\n", {"A": "a=b=="}, 0),
        ("no assignment\nsk_live_x\nA=1", {"A": "1"}, 2),
        ("a b=1\n1A=2\nA-B=3\n=4\n" + "A" * 101 + "=5", {}, 5),
        ("A=1\nA=2", {"A": "2"}, 0),
    ],
)
def test_env_files(text: str, values: dict[str, str], left_out: int) -> None:
    assert agent.read_env(text)[:2] == (values, left_out)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_at_the_beginning_is_no_part_of_a_name(encoding: str) -> None:
    assert agent.read_variables("A=ä\nB=2".encode(encoding)).values == {"A": "ä", "B": "2"}
    assert agent.read_variables('{"A": "ä"}'.encode(encoding)).values == {"A": "ä"}


def test_bytes_that_are_no_text_are_read_all_the_same() -> None:
    assert agent.read_variables(b"A=\xff\xfe\nB=2").values["B"] == "2"


def test_json() -> None:
    text = '{"A": "x", "PORT": 5000, "ON": true, "GONE": null, "DEEP": {"a": 1}, "LIST": [], "not a name": "x"}'
    assert agent.read_json(text)[:2] == ({"A": "x", "PORT": "5000", "ON": "true"}, 3)
    assert agent.read_variables(b'{"A": null}').values == {}


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"[1]", b'{"A": "secret"', b"{" * 9, b'{"A":' * 200_000, b"\xef\xbb\xbf"]
)
def test_what_cannot_be_read_is_refused_without_being_shown(data: bytes) -> None:
    with pytest.raises(agent.InputError) as refused:
        agent.read_variables(data)
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"heroku: not logged in, secret", "lines 1)"),
        (b"# A=1\n", ""),
        (b"A=1\n\nsecret\n# x\nsecret b=1", "lines 3, 5)"),
        (b"secret\n" * 20, "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)"),
        (b"\x93\x01secret\xff=\n\x07", "lines 1, 2)"),
        (b"{}", ""),
        (b'{"error": {"secret": 1}}', ""),
        (b'{"A": "1", "secret b": "x", "c d": "x"}', ""),
        (b'"secret"', ""),
    ],
)
def test_words_of_an_error_are_no_variables(data: bytes, lines: str) -> None:
    with pytest.raises(agent.InputError) as refused:
        agent.read_variables(data)
    assert "secret" not in str(refused.value)
    assert lines in str(refused.value)


def test_lines_left_out_are_told_by_number_behind_long_values() -> None:
    found = agent.read_variables(b'# x\nA="1\n2\n3"\nsecret\nB=2\nB-C=secret')
    assert (found.values, found.lines) == ({"A": "1\n2\n3", "B": "2"}, (5, 7))
    assert found.left_out_summary().endswith("(lines 5, 7)")


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True), st.text(st.characters(codec="utf-8"))))
def test_what_was_written_quoted_is_read_back(values: dict[str, str]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = "".join(f"{name}={quoted(value)}\n" for name, value in values.items())
    expected = {name: value.replace("\r\n", "\n") for name, value in values.items()}
    assert agent.read_env(text)[:2] == (expected, 0)
    assert agent.read_json(json.dumps(values))[:2] == (values, 0)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        values, left_out, *_ = agent.read_variables(data)
    except agent.InputError:
        return
    assert all(name.isidentifier() for name in values)
    assert left_out >= 0
