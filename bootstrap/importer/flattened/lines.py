"""Lines of flattened markdown (pure): which one is a heading, code, the start of a list, a table's delimiter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.importer.vocabulary import CHECKLIST, REFERENCES, pattern

_DELIMITER = re.compile(r"\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)+\|?$")
_CODE = pattern(
    "flattened.command",
    r"\s*(def |class |return\b|if .*:$|elif .*:|else:|for .* in .*:|while .*:|import |from \w[\w.]* import|with .*:$"
    r"|try:|except\b|raise |#|@|[)\]}]+,?$|[\[{(\"'].*,$|\$ "
    r"|({}) \S"
    r"|[\w.]+(\[[^\]]*\])?(\s*:\s*[\w\[\], .|]+)?\s*[+-]?=\s*\S|[\w.]+\(.*\),?(\s*#.*)?$|[\w.]+\($)",
    re.NOFLAG,
)
_OPEN_END = pattern("flattened.open_end", r"(?:[,:;(—\u2013-]|\b(?:{}))$")
_CHAPTER = pattern("flattened.chapter", r"\b({})\b")
_SUBORDINATE = pattern("flattened.subordinate", r"^({})\b")
_SPECIAL = re.compile(r"^([>#+*<=~`]|-{2,}|\d+[.)]\s)")
LONGEST_HEADING = 110
LONGEST_CODE = 1_000
LONGEST_TITLE_WORDS = 14


@dataclass(frozen=True)
class Line:
    """A repaired line and the source lines, from 1, that it was made from; both 0 for an inserted one."""

    text: str
    first: int = 0
    last: int = 0


def is_delimiter(line: str) -> bool:
    """`|---|---|`"""
    return _DELIMITER.match(line.strip()) is not None


def is_code(line: str) -> bool:
    """Whether it reads like a statement or a shell command."""
    return _CODE.match(line[:LONGEST_CODE]) is not None


def starts_list(line: str) -> bool:
    return line.lstrip().startswith(("- ", "* ")) or line.strip() in ("-", "*")


def is_open(text: str) -> bool:
    """Whether a text cannot end here: an open parenthesis, a comma, a word that needs another one."""
    return text.count("(") > text.count(")") or _OPEN_END.search(text.rstrip()) is not None


def escaped(line: str) -> str:
    """A line of a paragraph, with a backslash where markdown would read the start of another block."""
    return _SPECIAL.sub(lambda match: "\\" + match.group(), line)


def is_heading(lines: Sequence[str], index: int) -> bool:
    """A short line that is no sentence, between an end and a new start."""
    text = lines[index].strip()
    if index == 0:
        return not starts_list(text) and not text.startswith("|")
    return _reads_like_a_title(text) and _follows_an_end(lines[index - 1]) and _comes_before_a_start(lines, index)


def _reads_like_a_title(text: str) -> bool:
    if len(text) > LONGEST_HEADING or len(text.split()) > LONGEST_TITLE_WORDS:
        return False
    if starts_list(text) or text.startswith("|") or text.endswith("|") or is_code(text):
        return False
    ends_a_sentence = text.endswith((".", ":", "?", "!", ",", ";"))
    return not (ends_a_sentence or ". " in text or ": " in text or is_open(text))


def _follows_an_end(line: str) -> bool:
    text = line.strip()
    if not text or text.endswith((".", ":", "?", "!", "|", ")")) or is_code(text):
        return True
    return not is_open(text)


def _comes_before_a_start(lines: Sequence[str], index: int) -> bool:
    if index + 1 >= len(lines):
        return False
    following = lines[index + 1].strip()
    if starts_list(following) or following.startswith("|"):
        return True
    first = following.split()[0] if following else ""
    return first[:1].isupper() or "_" in first or "." in first.rstrip(".,:")


def level_of(lines: Sequence[str], index: int, is_section: bool, has_chapter: bool) -> int:
    """The heading level: 1 for the first line, 2 for a chapter (a policy, a checklist of sections, references), else 3.

    `is_section`: boxes or variables follow directly, so that it is part of a chapter, if there is one.
    """
    if index == 0:
        return 1
    title = lines[index].strip()
    if is_section:
        return 3 if has_chapter else 2
    if CHECKLIST.search(title) or REFERENCES.search(title):
        return 2
    return 2 if _CHAPTER.search(title) and not _SUBORDINATE.match(title) else 3
