"""Files that people add: what may be kept, and under which name."""

from __future__ import annotations

import pytest

from opsconsole.lib.web.attachments import AttachmentError, clean_name, read_attachment

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MOST = 1_000_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b'\xef\xbb\xbf{"ok": [1]}', "application/json"),
        (b"{not json", "text/plain"),
        (b"[" * 100_000, "text/plain"),
        ("# Notes\n\n- \u6d4b\u8bd5 <b>bold</b>\n".encode(), "text/plain"),
        (b"<!---->" * 100_000 + b"x", "text/plain"),
        (b"<!-- never closed <svg>", "text/plain"),
        (b"12:00 GET / 200\r\n\x1b[31mred\x1b[0m\n", "text/plain"),
    ],
)
def test_kinds_are_told_by_content(content: bytes, kind: str) -> None:
    assert read_attachment("evidence.exe", content, MOST).content_type == kind


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>",
        b"\xef\xbb\xbf \n<!-- x --><HTML>",
        b'<?xml version="1.0"?><svg/>',
        b"<svg onload=alert(1)>",
        b"<script>alert(1)</script>",
        b"<!----> \n" * 100_000 + b"<svg/>",
        b"#!/bin/sh\nrm -rf /\n",
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        "a\u0000b".encode(),
        "text".encode("utf-16"),
        b"",
    ],
)
def test_what_runs_or_is_packed_is_refused(content: bytes) -> None:
    with pytest.raises(AttachmentError, match="allowed: PNG, JPEG, PDF"):
        read_attachment("notes.txt", content, MOST)


def test_secrets_and_large_files_are_refused() -> None:
    with pytest.raises(AttachmentError, match="looks like it holds a secret: an API key"):
        read_attachment("env.log", b"ok\nkey sk_live_abcdefgh123\n", MOST)
    assert read_attachment("a.txt", b"x" * MOST, MOST)
    with pytest.raises(AttachmentError, match=r"larger than 0\.954 MB"):
        read_attachment("a.txt", b"x" * (MOST + 1), MOST)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\a b.log", "a b.log"),
        (".htaccess", "htaccess"),
        ('a"\r\nSet-Cookie: x', "a_Set-Cookie_ x"),
        ("", "file"),
        ("x" * 200 + ".png", "x" * 80 + ".png"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("a.html", PNG + b"<html><script>alert(1)</script>", "a.png"),
        ("shot.PNG", PNG, "shot.PNG"),
        ("photo.jpeg", b"\xff\xd8\xff\xe0 JFIF", "photo.jpeg"),
        ("report", b"%PDF-1.7\n", "report.pdf"),
        ("a.svg", b"%PDF-1.7\n", "a.pdf"),
        ("run.exe", b"plain words\n", "run.txt"),
        ("deploy.log", b"plain words\n", "deploy.log"),
        ("answer.html", b'{"ok": [1]}', "answer.json"),
        ("x" * 120 + ".html", PNG, "x" * 80 + ".png"),
    ],
)
def test_the_ending_of_a_name_follows_the_content(name: str, content: bytes, kept: str) -> None:
    assert read_attachment(name, content, MOST).name == kept


@pytest.mark.parametrize("mark", ["\u202e", "\u200f", "\u2067", "\u061c"])
def test_names_that_are_not_shown_as_written_are_refused(mark: str) -> None:
    with pytest.raises(AttachmentError, match=rf"photo\\u{ord(mark):04x}gnp\.exe has marks in its name"):
        read_attachment(f"photo{mark}gnp.exe", PNG, MOST)


def test_names_that_cannot_be_shown_are_refused() -> None:
    with pytest.raises(AttachmentError, match=r"a\\u0000b\.png has characters in its name that cannot be shown"):
        read_attachment("a\0b.png", PNG, MOST)
