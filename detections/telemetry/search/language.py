r"""Reads the text of a search into a tree (pure; grammar in docs/search.md).

Conditions beside each other must all hold; `OR` between them and parentheses around them are understood. A word that is
no `key:value` is text. Reading never raises: what is wrong is said in sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from detections.telemetry.search.tree import Disjunction, Node, SearchTerm, SearchWord, all_of, any_of
from opsconsole.lib.db.storable import storable

MAX_LENGTH = 1000  # characters of a search
MAX_CONDITIONS = 30
MAX_DEPTH = 5  # parentheses in each other
MAX_VALUES = 50  # of a list

_KEY = re.compile(r"""(tags\[(?:"[^"\]]*"|[^"\]\s]*)\]|[^\W\d][\w.-]*):""")
_OPERATOR = re.compile(r"(AND|OR)(?=[\s()]|$)")
_COMPARISON = re.compile(r">=|<=|>|<")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE_QUOTED = re.compile(r"'([^']*)'(?=[\s)]|$)")
_ESCAPED = re.compile(r'\\(["\\])')
_ITEM = re.compile(r'[^,\]"]*')
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))


@dataclass(frozen=True)
class ReadSearch:
    """A search as a tree (None: it says nothing), with sentences on what is wrong; `broken`: not to be carried out."""

    node: Node | None
    problems: tuple[str, ...] = ()
    broken: bool = False


def parse(text: str) -> ReadSearch:
    """The search of a text. Never raises."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        return _refused(f"A search has at most {MAX_LENGTH:,} characters; this one has {len(text):,}.")
    if not storable(text):
        return _refused("A search cannot contain the character NUL or half of a surrogate pair.")
    reader = _SearchReader(text)
    try:
        node = reader.whole()
    except _BrokenError as error:
        return ReadSearch(None, (*reader.problems, str(error)), broken=True)
    return ReadSearch(node, tuple(reader.problems))


class _BrokenError(ValueError):
    """The search has no one meaning; the text says what is wrong."""


def _refused(sentence: str) -> ReadSearch:
    return ReadSearch(None, (sentence,), broken=True)


@dataclass
class _SearchReader:
    """Reads from `at` on."""

    text: str
    at: int = 0
    depth: int = 0
    conditions: int = 0
    problems: list[str] = field(default_factory=list)

    def whole(self) -> Node | None:
        node = self._alternatives()
        if self.at < len(self.text):  # a parenthesis at the outermost level
            raise _BrokenError("A parenthesis is closed that was not opened; put text with parentheses into quotes.")
        return node

    def _alternatives(self) -> Node | None:
        parts: list[Node] = []
        while True:
            part = self._conjunction()
            joined = self._operator("OR")
            if part is None and (joined or parts):
                raise _BrokenError('OR needs a condition on both sides; to search for the word, write “"OR"”.')
            if part is not None:
                parts.append(part)
            if not joined:
                return any_of(parts)

    def _conjunction(self) -> Node | None:
        parts: list[Node] = []
        joined = False
        while (part := self._condition()) is not None:
            parts.append(part)
            joined = self._operator("AND")
        if joined or self._operator("AND"):
            raise _BrokenError('AND needs a condition on both sides; to search for the word, write “"AND"”.')
        _refuse_small_operators(parts)
        return all_of(parts)

    def _operator(self, word: str) -> bool:
        self._skip_blanks()
        found = _OPERATOR.match(self.text, self.at)
        if found is None or found[1] != word:
            return False
        self.at = found.end()
        return True

    def _condition(self) -> Node | None:
        """The next condition; None before an operator, a closing parenthesis or the end."""
        self._skip_blanks()
        if self._ended() or _OPERATOR.match(self.text, self.at):
            return None
        if self._here() == "(":
            return self._group()
        negated = self._here() == "!" and self.text[self.at + 1 : self.at + 2].strip() not in ("", ")")
        self.at += negated
        if negated and self._here() == "(":
            raise _BrokenError("“!” stands before one condition, not before a parenthesis: write it before each.")
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise _BrokenError(f"A search has at most {MAX_CONDITIONS} conditions.")
        return self._term(negated) or self._text(negated)

    def _group(self) -> Node:
        self.at, self.depth = self.at + 1, self.depth + 1
        if self.depth > MAX_DEPTH:
            raise _BrokenError(f"Parentheses stand in each other at most {MAX_DEPTH} times.")
        node = self._alternatives()
        if self.at >= len(self.text):
            raise _BrokenError("A parenthesis is opened and not closed; put text with parentheses into quotes.")
        self.at, self.depth = self.at + 1, self.depth - 1
        if node is None:
            raise _BrokenError("There is nothing between two parentheses; put text with parentheses into quotes.")
        return node

    def _term(self, negated: bool) -> SearchTerm | None:
        """`key:value`; None where the word is text: an address, `GET:/x`, `std::sort`, or nothing behind the colon."""
        found = _KEY.match(self.text, self.at)
        rest = self.text[found.end() : found.end() + 2] if found else ""
        if found is None or not rest.strip()[:1].strip(")") or rest[0].isspace():
            return None
        if (rest.startswith((":", "//")) and found[1][-1] != "]") or (found[1] in _METHODS and rest.startswith("/")):
            return None
        self.at = found.end()
        comparison = _COMPARISON.match(self.text, self.at)
        self.at = comparison.end() if comparison else self.at
        operator = comparison[0] if comparison else ""
        values = self._list() if self._here() == "[" and not operator else None
        return SearchTerm(found[1], values or (self._value(),), operator, negated)

    def _text(self, negated: bool) -> SearchWord:
        if (phrase := self._phrase()) is not None:
            return SearchWord(phrase, quoted=True, negated=negated)
        return SearchWord(self._word(), negated=negated)

    def _value(self) -> str:
        phrase = self._phrase()
        return self._word() if phrase is None else phrase

    def _phrase(self) -> str | None:
        """What stands in quotation marks here; None where there are none. A mark that is not closed
        ends with the text."""
        if single := _SINGLE_QUOTED.match(self.text, self.at):
            self.at = single.end()
            return single[1]
        if self._here() != '"':
            return None
        found = _QUOTED.match(self.text, self.at)
        if found is None:
            rest, self.at = self.text[self.at + 1 :], len(self.text)
            self.problems.append(f"A quotation mark is opened and not closed: “{rest[:60]}” was read as one phrase.")
            return rest
        self.at = found.end()
        return _ESCAPED.sub(r"\1", found[1])

    def _word(self) -> str:
        """Up to a blank, or the parenthesis that closes a group. One that opens within the word belongs to it."""
        start, opened = self.at, 0
        while self.at < len(self.text) and not self._here().isspace():
            character = self._here()
            if character == ")" and not opened and self.depth:
                break
            opened = max(opened + (character == "(") - (character == ")"), 0)
            self.at += 1
        return self.text[start : self.at]

    def _list(self) -> tuple[str, ...] | None:
        """The values of `[a, "b c"]`; None where it is no list but a value that begins so."""
        start, values = self.at, list[str]()
        self.at += 1
        while True:
            self._skip_blanks()
            phrase = self._phrase() if self._here() == '"' else None
            item = _ITEM.match(self.text, self.at)
            assert item is not None  # it matches nothing, too
            values.append(item[0].strip() if phrase is None else phrase)
            self.at = self.at if phrase is not None else item.end()
            self._skip_blanks()
            if self._here() != ",":
                break
            self.at += 1
        if self._here() != "]":
            raise _BrokenError("A list is opened with [ and not closed; put a value that begins so into quotes.")
        self.at += 1
        if self._here() not in ("", ")") and not self._here().isspace():  # `[a]b`
            self.at = start
            return None
        if "" in values or len(values) > MAX_VALUES:
            raise _BrokenError(f"A list has 1 to {MAX_VALUES} values with commas between, as in [error, fatal].")
        return tuple(values)

    def _here(self) -> str:
        return self.text[self.at : self.at + 1]

    def _ended(self) -> bool:
        return self._here() in ("", ")")

    def _skip_blanks(self) -> None:
        while self._here().isspace():
            self.at += 1


def _refuse_small_operators(parts: list[Node]) -> None:
    """Refuses `level:error or level:fatal`, which would look for the word "or"."""
    for index, part in enumerate(parts):
        word = part.text if isinstance(part, SearchWord) and not part.quoted else ""
        beside = [*parts[max(index - 1, 0) : index], *parts[index + 1 : index + 2]]
        if word.lower() in ("or", "and") and any(isinstance(each, SearchTerm | Disjunction) for each in beside):
            raise _BrokenError(f'Write {word.upper()} in capitals between conditions, or “"{word}"” for the word.')
