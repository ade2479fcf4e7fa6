"""Decodes the bytes of a file, or refuses them with what the file is (pure)."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import PurePath

# Twenty times the longest runbook so far; reading takes about a second a megabyte.
LARGEST = 5_000_000
ALLOWED = "markdown or plain text (.md, .markdown, .txt) in UTF-8 or UTF-16, up to 5 MB"
_FORMATS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or an office document (Word, Excel)",
    b"\xd0\xcf\x11\xe0": "an office document (Word, Excel)",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"{\\rtf": "a rich text document",
}
# Suffixes of other formats whose content could pass: a comment of a script looks like a heading.
_NAMES = {
    "source code": ".py .pyi .js .mjs .ts .tsx .jsx .rb .go .rs .java .kt .c .h .cpp .cs .php .pl .sh .bash .sql .css",
    "an HTML page": ".html .htm .xhtml",
    "reStructuredText": ".rst .rest",
    "AsciiDoc": ".adoc .asciidoc",
    "an Org file": ".org",
    "Textile": ".textile",
    "wiki markup": ".wiki .mediawiki",
    "data or settings": ".json .yaml .yml .toml .ini .cfg .xml .csv .tsv .env .lock",
}
_CONVERT = {
    "reStructuredText": " Convert it first: pandoc -f rst -t gfm.",
    "AsciiDoc": " Convert it first: asciidoctor, then pandoc -f docbook -t gfm.",
    "an Org file": " Convert it first: pandoc -f org -t gfm.",
    "Textile": " Convert it first: pandoc -f textile -t gfm.",
    "wiki markup": " Convert it first: pandoc -f mediawiki -t gfm.",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Page breaks and the like end a line for some tools and are commands to a terminal.
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
_STATEMENT = re.compile(
    r"\s*(import \w|from [\w.]+ import |(async )?def \w+\(|class \w+|function\b"
    r"|(export |const |let |var |package |use |fn |func )\w"
    r"|return\b|#include|public |private |@\w+|(if|for|while|elif|else|try|except|with)\b.*[:{]$|[)\]}]+[;,]?$"
    r"|[\w.]+(\[[^\]]*\])? = \S|[\w.]+\(.*\)$|.*[;{]$)"
)
# In a text about code at most a tenth of the lines is code outside of fences.
MOSTLY_CODE = 0.3
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LONGEST_STATEMENT = 300
_RESTRUCTURED = re.compile(
    r"`[^`\n<]{1,200} <[^>\n]{1,300}>`__?(?!\w)|^\.\. [\w-]{1,40}::|(?<!\w):[a-z]{2,12}:`[^`\n]{1,200}`", re.MULTILINE
)


class NotARunbook(ValueError):
    """The file cannot be imported; the message says what it is and what to do."""


def decode(data: bytes, name: str = "") -> str:
    """The text, with line ends as `\\n`. `name` is the file's, where there is one. Raises NotARunbook."""
    if len(data) > LARGEST:
        raise NotARunbook(f"The file has more than {LARGEST:,} bytes, the most that is read. Split it.")
    for magic, kind in _FORMATS.items():
        if data.startswith(magic):
            raise NotARunbook(f"This is {kind}, no markdown. Save it as markdown (.md) first.")
    ending = PurePath(name).suffix.lower()
    for kind, endings in _NAMES.items():
        if ending and ending in endings.split():
            raise NotARunbook(f"A {ending} file is {kind}, no markdown.{_CONVERT.get(kind, '')}")
    text = _CONTROL.sub(" ", _text(data).replace("\r\n", "\n").replace("\r", "\n"))
    _refuse_other_languages(text)
    return text


def is_restructured_text(text: str) -> bool:
    """Whether the text has a link, a directive or a role as reStructuredText writes them."""
    return _RESTRUCTURED.search(_FENCED.sub("", text)) is not None


def is_source_code(text: str) -> bool:
    """Whether more than MOSTLY_CODE of the lines outside of fences read like statements."""
    lines = [line for line in _FENCED.sub("", text).split("\n") if line.strip()]
    statements = sum(_STATEMENT.match(line[:LONGEST_STATEMENT]) is not None for line in lines)
    return text.startswith("#!") or statements > MOSTLY_CODE * len(lines)


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
