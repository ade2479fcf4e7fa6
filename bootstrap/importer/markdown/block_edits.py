"""Puts edited blocks of a preview back into their text (pure).

A preview names each block by its lines and a hash of their text: an unchanged block is no edit, and an edit is refused
where the lines have changed since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"lines-(?P<first>\d{1,9})-(?P<last>\d{1,9})-(?P<was>[0-9a-f]{12})")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Edit:
    """`text` replaces lines `first` to `last` (from 1, both included); `was` is the hash of their text before."""

    first: int
    last: int
    text: str
    was: str


def name_of(first: int, last: int, source: str) -> str:
    """The name of a block's field in the form."""
    return f"lines-{first}-{last}-{fingerprint(source)}"


def fingerprint(source: str) -> str:
    """A hash of the lines, the same for any line ends."""
    return hashlib.sha256(_LINE_END.sub("\n", source).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def edits_in(fields: Mapping[str, str]) -> list[Edit]:
    """The blocks of a form that were changed."""
    edits = []
    for name, text in fields.items():
        match = _NAME.fullmatch(name)
        if match and fingerprint(text) != match["was"]:
            edits.append(Edit(int(match["first"]), int(match["last"]), text, match["was"]))
    return edits


def splice(text: str, edits: Iterable[Edit]) -> tuple[str, list[Edit]]:
    """The text with the edits, and the edits refused as their lines have changed. Line ends stay as they are."""
    lines, ends = _LINE_END.split(text), [*_LINE_END.findall(text), ""]  # the last line has no end
    usual = next(filter(None, ends), "\n")
    refused: list[Edit] = []
    before = len(lines) + 1  # the first line of the edit after this one
    for edit in sorted(edits, key=lambda edit: edit.first, reverse=True):
        begin, end = edit.first - 1, edit.last
        fits = 0 <= begin < end < before and fingerprint("\n".join(lines[begin:end])) == edit.was
        if not fits:
            refused.append(edit)
            continue
        new = _LINE_END.split(edit.text) if edit.text else []
        lines[begin:end] = new
        within = [*ends[begin : end - 1], *[ends[begin] or usual] * len(new)]
        ends[begin:end] = [*within[: len(new) - 1], ends[end - 1]] if new else []
        before = edit.first
    return "".join(line + end for line, end in zip(lines, ends, strict=True)), refused[::-1]
