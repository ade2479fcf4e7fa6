"""What is no runbook is refused with a sentence that says what it is."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from bootstrap.importer import read_file
from bootstrap.importer.markdown.decode import LARGEST, NotARunbook


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7 ...", "This is a PDF"),
        (b"PK\x03\x04....", "an office document"),
        (b"\x89PNG\r\n", "an image"),
        (b"", "The file is empty"),
        (b" \n\t\n", "The file is empty"),
        (b"# A\n\xff\xfe\xfa", "Line 2 is not UTF-8"),
        (b"# A\x00", "NUL bytes"),
        (b"<!DOCTYPE html><html>", "HTML or XML page"),
        (json.dumps({"a": [1]}).encode(), "This is JSON"),
        (b"just some words\nand more of them", "nothing in it reads like a runbook"),
        (b"# A\n" * (LARGEST // 4 + 1), "Split it"),
    ],
)
def test_refusals(data: bytes, message: str) -> None:
    with pytest.raises(NotARunbook, match=message):
        read_file(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_in_usual_encodings(encoding: str) -> None:
    text, runbook = read_file("# Prüfliste\r\n\r\n- [ ] eins\r\n".encode(encoding))
    assert text == "# Prüfliste\n\n- [ ] eins\n"
    assert runbook.title == "Prüfliste"


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"- " * 50_000,
        b"> " * 50_000 + b"x",
        b"| a " * 20_000 + b"|\n|" + b"---|" * 20_000,
        b"# A\n" + b"`" * 100_000,
        b"- [ ]\nx_y" * 5_000,
    ],
)
def test_hostile_texts_neither_crash_nor_hang(data: bytes) -> None:
    with suppress(NotARunbook):
        read_file(data)
