"""The vocabulary of runbooks (pure): `vocabulary.toml` as patterns; identifiers, slugs and titles."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any, Final

from bootstrap.systems.value_rules import flags

_DATA: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text("utf-8"))


def _entry(name: str) -> Any:
    entry: Any = _DATA
    for part in name.split("."):
        entry = entry[part]
    return entry


def words(name: str) -> str:
    """The alternatives of the entry `name` (`table.done`) as a regular expression. Raises KeyError."""
    return "|".join(_entry(name))


def pattern(name: str, template: str = "{}", flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """`template` with the alternatives of the entry in place of its `{}`. Raises KeyError."""
    return re.compile(template.replace("{}", words(name)), flags)


def patterns(name: str, flags: int = re.IGNORECASE) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The patterns of a table of entries by what they stand for, in the order of the file. Raises KeyError."""
    return tuple((key, pattern(f"{name}.{key}", flags=flags)) for key in _entry(name))


def first_match(kinds: tuple[tuple[str, re.Pattern[str]], ...], text: str, default: str = "") -> str:
    """What the first of the patterns found in `text` stands for, else `default`."""
    return next((kind for kind, kind_pattern in kinds if kind_pattern.search(text)), default)


LONGEST_NAME = flags.LONGEST
FLAG = flags.IN_TEXT
# At least one underscore: FLASK_ENV is a variable, CORS is a word.
IDENTIFIER = re.compile(rf"\b(?=\w{{1,{LONGEST_NAME}}}\b)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
CHECKLIST = pattern("document.checklist")
REFERENCES = pattern("document.references")
_KIND_OF_TEXT = pattern("document.kind_of_text", r"(?:{})\s{0,3}(?:[:\uff1a\u2014\u2013]|-\s)\s{0,3}(?=\S)")
POLICY = pattern("document.policy", r"\b({})\b")
_SECRET = pattern("document.secret_name", flags=re.NOFLAG)
_CHECKLIST_KINDS = patterns("document.checklist_kind")
_MARKS = re.compile(r"`|\*\*|__(?=\S)")
SLUG_LENGTH = 60


def plain(text: str) -> str:
    """The text without code and emphasis marks."""
    return _MARKS.sub("", text).strip() if "`" in text or "**" in text or "__" in text else text.strip()


def slug_of(text: str, taken: Container[str] = ()) -> str:
    """A stable slug in lower case (letters of any script), cut at a word, with a number where it is taken."""
    words = _as_words(text)
    cut = words if len(words) <= SLUG_LENGTH else words[:SLUG_LENGTH].rsplit("-", 1)[0]
    return unused(cut or "part", taken)


def title_slug(title: str, taken: Container[str] = (), most: int = SLUG_LENGTH) -> str:
    """The slug of a whole title, of at most `most` characters: two long titles with equal beginnings get two slugs."""
    return unused(bounded(_as_words(title) or "part", most), taken)


def bounded(slug: str, most: int) -> str:
    """The slug; one longer than `most` is cut at a word, and a short hash of the whole ends it."""
    if len(slug) <= most:
        return slug
    return f"{slug[: most - 7].rsplit('-', 1)[0]}-{hashlib.sha256(slug.encode()).hexdigest()[:6]}"


def shared_shorts(titles: Iterable[str]) -> frozenset[str]:
    """The short titles that two different titles have."""
    by_short: dict[str, str] = {}
    return frozenset(short for title in titles if by_short.setdefault(short := short_title(title), title) != title)


def part_slug(title: str, shared: Container[str], taken: Container[str] = ()) -> str:
    """The slug of a part of a document: its short title, or the whole one where that is in `shared`.

    So the order of "Check: disk" and "Check: queue" says nothing about their slugs.
    """
    short = short_title(title)
    return title_slug(title, taken) if short in shared else slug_of(short, taken)


def _as_words(text: str) -> str:
    """The words of a text in lower case, with a hyphen between them."""
    folded = unicodedata.normalize("NFKC", plain(text)).lower()
    return re.sub(r"[^\w]+", "-", folded).strip("-_")


def unused(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or the first of `wanted-2`, `wanted-3`, … that is not taken, if they are taken in order.

    A binary search: thousands of equal texts must not cost their square.
    """
    if wanted not in taken:
        return wanted
    below, above = 1, 2
    while f"{wanted}-{above}" in taken:
        below, above = above, above * 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if f"{wanted}-{middle}" in taken else (below, middle)
    return f"{wanted}-{above}"


def short_title(title: str) -> str:
    """A heading up to its first parenthesis, dash or colon: `Core — always required` is `Core`."""
    return re.split(r"\s[—\u2013-]\s|[(:\uff08\uff1a]", plain(title), maxsplit=1)[0].strip() or plain(title)


def subject(title: str) -> str:
    """What a title is about: its short title, without the kind of text before it (`Runbook: disk full`)."""
    words = plain(title)
    kind = _KIND_OF_TEXT.match(words)
    return short_title(words[kind.end() :] if kind else words)


def kind_of(title: str) -> str:
    """The kind of checklist by the words of its title; `operations` where none matches."""
    return first_match(_CHECKLIST_KINDS, title, "operations")


def is_secret(name: str) -> bool:
    """Whether the value of a variable of this name must not be shown (URLs of databases contain passwords)."""
    return _SECRET.search(name) is not None
