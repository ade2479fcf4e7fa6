"""Separates code from the words it runs together with (pure).

`SECRET_KEYprovisioned`, `ifFLAG_X=1`, `create_app()returns`: only what the text itself proves is separated, identifiers
by their capitals, calls by their brackets, and names by standing alone elsewhere in the text.
"""

from __future__ import annotations

import re

from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.vocabulary import pattern, words

_WORDS = words("flattened.beside_code")
_NAME = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
# Order matters: a value is taken before its name.
_VALUE = pattern("flattened.beside_value", rf"(?<![A-Z0-9_])({_NAME}=[^\s()]{{1,200}}?)" r"({})(?=\s|$)", re.NOFLAG)
_AFTER = re.compile(rf"(?<![`\w])({_NAME}(?:=\w+)?)(?=[a-z])")
_BEFORE = re.compile(rf"(?<=[a-z])({_NAME}(?:=\w+)?)(?![a-z])")
_CALL = re.compile(r"(?<![`\w])([a-z_][\w.]{0,100}\(\))(?=[A-Za-z])")
_STANDALONE = re.compile(r"(?<![\w`.:-])([a-z][\w.:-]{0,199}[\w-])(?=[\s,;)\[]|\.\s|$)")
_JOINED, _EMPTY_PART = re.compile(r"[._:]"), re.compile(r"[.:]{2}")
_OR_AFTER_BRACKET = re.compile(r"(?<=\) )(or|and)((?:[a-z0-9-]+\.)+[a-z]{2,}/?)(?=\s|$)")
# Enough for any runbook; each name is tried at each word.
MOST_NAMES = 500


class CodeSplitter:
    """Separates code from adjoining words, with the names that the whole text contains."""

    def __init__(self, text: str) -> None:
        names = {name for name in _STANDALONE.findall(text) if _JOINED.search(name) and not _EMPTY_PART.search(name)}
        # The longest first: api.raxx.app before raxx.app.
        longest = sorted(names, key=len, reverse=True)[:MOST_NAMES]
        known = "|".join(map(re.escape, longest)) or "(?!)"  # without a name the patterns match nothing
        self._between = re.compile(rf"(?<![\w`])({known})(or|and)({known})")
        self._after = re.compile(rf"(?<![\w`./-])({known})({_WORDS})(?=\W|$)")
        self._before = re.compile(rf"(?<![\w`])({_WORDS})({known})(?=\W|$)")

    def split(self, text: str, line: int) -> tuple[str, list[Note]]:
        """`text` with the code in backticks, and a note where a split rests on a name from elsewhere in the text."""
        certain = _VALUE.sub(r"`\1` \2", text)
        certain = _BEFORE.sub(r" `\1`", _AFTER.sub(r"`\1` ", certain))
        certain = _CALL.sub(r"`\1` ", certain)
        guessed = _OR_AFTER_BRACKET.sub(r"\1 `\2`", certain)
        guessed = self._between.sub(r"`\1` \2 \3", guessed)
        guessed = self._after.sub(r"`\1` \2", self._before.sub(r"\1 `\2`", guessed))
        notes = [] if guessed == certain else [Note(line, f"words run together, taken apart as: {guessed}")]
        return guessed, notes
