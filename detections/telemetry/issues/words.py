"""The words by which issues are searched, as PostgreSQL's `tsvector` and `tsquery` (pure).

Both sides are made here and not by PostgreSQL's parser, which takes `db.away` for a host name and knows no CamelCase. A
word is a run of letters and digits, in lower case: `db.away` and `db_away` are two words side by side, and
`ConnectionError` is one that has its parts `connection` and `error` at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

# Characters read of a text: more than anybody searches by, and a bound on the index.
MOST = 1000
_MOST_OF_WORD = 60
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_TERM = re.compile(r'"([^"]*)"?|(\S+)')
_QUOTED = re.compile(r"'[^'\n]{1,200}'|\"[^\"\n]{1,200}\"")
_DIGIT = re.compile(r"\d")


def vector(*texts: str) -> str:
    """The texts as the literal of a `tsvector`, with a gap between two, so that no phrase spans them."""
    lexemes: list[str] = []
    place = 0
    for text in texts:
        place += 1
        for word in _WORD.findall(text[:MOST]):
            place += 1
            lexemes += [f"'{each}':{place}" for each in _spellings(word)]
    return " ".join(lexemes)


def phrase(text: str, *, prefix: bool = False) -> str:
    """The words of the text, one after the other, as the literal of a `tsquery`; "" where it has no words.

    `prefix`: the last one may go on.
    """
    words = [f"'{_lower(word)}'" for word in _WORD.findall(text[:MOST])]
    return " <-> ".join(words) + (":*" if prefix and words else "")


def terms(text: str) -> Iterator[tuple[str, bool]]:
    """Of what was typed, each word and each "quoted phrase", and whether it may go on: the last word, if unquoted."""
    found = list(_TERM.finditer(text))
    for match in found:
        quoted, word = match.groups()
        if term := (quoted if word is None else word).strip():
            yield term, match is found[-1] and word is not None


def template_key(kind: str, text: str) -> int:
    """A signed 64-bit hash of an exception type and a message without what differs between messages of one template:
    quoted values, and words with a digit in them (numbers, ids, times)."""
    text = text[:MOST]
    if "'" in text or '"' in text:
        text = _QUOTED.sub("", text)
    has_digit = _DIGIT.search
    constant = " ".join([word for word in text.split() if word.isalpha() or not has_digit(word)])
    digest = blake2b(f"{kind}\0{constant}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _spellings(word: str) -> list[str]:
    parts = [part.lower() for part in _PART.findall(word)] if word.isascii() and not word.islower() else []
    return list(dict.fromkeys(spelling[:_MOST_OF_WORD] for spelling in (word.lower(), *parts)))


def _lower(word: str) -> str:
    return word.lower()[:_MOST_OF_WORD]
