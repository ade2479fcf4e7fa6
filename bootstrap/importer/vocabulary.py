"""How runbooks name things: identifiers, flags, slugs, words that tell what a part is (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from bootstrap.systems.value_rules import flags

LONGEST_NAME = flags.LONGEST
FLAG = flags.IN_TEXT
# At least one underscore: FLASK_ENV is a variable, CORS is a word.
IDENTIFIER = re.compile(rf"\b(?=\w{{1,{LONGEST_NAME}}}\b)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_SECRET = re.compile(r"SECRET|TOKEN|PASSW|CREDENTIAL|DSN|(?:^|_)KEY(?:_|$)|PRIVATE|(?:DATABASE|REDIS|BROKER|AMQP)_URL")
CHECKLIST = re.compile(r"check-?list|清单|检查表|チェックリスト", re.IGNORECASE)
REFERENCES = re.compile(r"cross-?\s?references?|^(see also|references|related|links)\b|参考|関連", re.IGNORECASE)
POLICY = re.compile(r"\b(polic(y|ies)|conventions?|rules?|must|never|forbid\w*|known failure class)\b", re.IGNORECASE)
_KINDS = (
    (re.compile(r"review|pull request|\bPR\b", re.IGNORECASE), "review"),
    (re.compile(r"go-?\s?live|launch|release", re.IGNORECASE), "go_live"),
    (re.compile(r"bootstrap|environment|provision|set-?up|onboard", re.IGNORECASE), "bootstrap"),
)
_MARKS = re.compile(r"`|\*\*|__(?=\S)")
SLUG_LENGTH = 60


def plain(text: str) -> str:
    """The text without marks for code and emphasis."""
    return _MARKS.sub("", text).strip() if "`" in text or "**" in text or "__" in text else text.strip()


def slug_of(text: str, taken: Container[str] = ()) -> str:
    """A stable slug in lower case (letters of any script), cut at a word, with a number where it is taken."""
    folded = unicodedata.normalize("NFKC", plain(text)).lower()
    words = re.sub(r"[^\w]+", "-", folded).strip("-_")
    cut = words if len(words) <= SLUG_LENGTH else words[:SLUG_LENGTH].rsplit("-", 1)[0]
    return unused(cut or "part", taken)


def unused(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or `wanted-2`, `wanted-3`, …: one that is not taken while the one before it is.

    Looked for by doubling and halving: thousands of equal texts must not cost their square.
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
    """What a heading is called before its parentheses and dashes: `Core — always required` is `Core`."""
    return re.split(r"\s[—\u2013-]\s|[(:\uff08\uff1a]", plain(title), maxsplit=1)[0].strip() or plain(title)


def kind_of(title: str) -> str:
    """The kind of checklist that a title speaks of; `operations` where none of the words is in it."""
    return next((kind for pattern, kind in _KINDS if pattern.search(title)), "operations")


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds something that must not be shown (URLs of databases carry passwords)."""
    return _SECRET.search(name) is not None
