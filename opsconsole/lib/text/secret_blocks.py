"""Values of YAML that stand below their name: `password: |` and indented lines (pure)."""

from __future__ import annotations

import re

Span = tuple[int, int]

# Also as JSON or repr() writes it, once or more often.
_BREAK = re.compile(r"\r?\n|(?:\\{1,8}r)?\\{1,8}n")
_OPENED = re.compile(
    rf"[\"']?[ \t]*:[ \t]*[|>][-+0-9]{{0,2}}(?P<blank>[ \t]*)(?:#[^\n]*?)?"
    rf"(?P<end>{_BREAK.pattern}|(?=[^ \t]))"
)
_LINE = re.compile(rf"(?P<indent>[ \t]*)(?P<text>[^\n]*?)(?:{_BREAK.pattern}|\Z)")
_WORD = re.compile(r"\S+")
_FURTHEST = 200


def block_of(text: str, start: int, end: int) -> Span | None:
    """The span of the lines that are the value of the name from `start` to `end`; None where no block follows it."""
    opened = _OPENED.match(text, end)
    if not opened:
        return None
    if not opened["end"]:  # the lines were joined
        word = _WORD.match(text, opened.end()) if opened["blank"] else None
        return word.span() if word else None
    breaks = [*_BREAK.finditer(text, max(0, start - _FURTHEST), start)]
    begin = breaks[-1].end() if breaks else max(0, start - _FURTHEST)
    indent = len(text[begin:start]) - len(text[begin:start].lstrip(" \t"))
    first = last = at = opened.end()
    while at < len(text):
        found = _LINE.match(text, at)
        blank = not found or not found["text"].strip()
        if not found or found.end() == at or (not blank and len(found["indent"]) <= indent):
            break
        at = found.end()
        last = last if blank else found.end("text")
    return (first + len(text[first:last]) - len(text[first:last].lstrip()), last) if last > first else None
