"""Bytes of a file into text, or a refusal that says what the file is (pure)."""

from __future__ import annotations

import codecs
import json

# Twenty times the longest runbook seen; reading takes about a second a megabyte.
LARGEST = 5_000_000
_FORMATS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or an office document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"{\\rtf": "a rich text document",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotARunbook(ValueError):
    """The file cannot be imported; the text says what it is and what to do."""


def decode(data: bytes) -> str:
    """The text, with line ends as `\\n`. Raises NotARunbook."""
    if len(data) > LARGEST:
        raise NotARunbook(f"The file has {len(data):,} bytes; a runbook may have {LARGEST:,}. Split it.")
    for magic, name in _FORMATS.items():
        if data.startswith(magic):
            raise NotARunbook(f"This is {name}, no markdown. Save it as markdown (.md) first.")
    text = _text(data).replace("\r\n", "\n").replace("\r", "\n")
    _refuse_other_languages(text)
    return text


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotARunbook(f"Line {line} is not UTF-8 text. Save the file as UTF-8 first.") from None
    if "\x00" in text:
        raise NotARunbook("The file holds NUL bytes, so it is no text.")
    if not text.strip():
        raise NotARunbook("The file is empty.")
    return text


def _refuse_other_languages(text: str) -> None:
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise NotARunbook("This is an HTML or XML page, no markdown. Export it as markdown first.")
    if start.startswith(("{", "[")) and _is_json(text):
        raise NotARunbook("This is JSON, no markdown.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
