"""Conditions (pure): when a variable is required, and the guards of postures, over what a deployment reports.

    FLAG_DEMO_SESSION=1            the flag is on (also: FLAG_DEMO_SESSION); =0: it is off
    workers=1, workers<=2          processes that serve; =, <, <=, >, >=
    set(REDIS_URL)                 the variable has a value
    always, never
    not …, … and …, … or …, ( … )  `not` binds closest, then `and`, then `or`

Names are case-sensitive, keywords are not. A condition is true, false or None for unknown: facts that nobody reported
decide nothing. Prose is refused, since a wrong guess at its meaning would raise a false alarm.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from bootstrap.systems.value_rules.condition_terms import (
    COMPARE,
    All,
    AnyOf,
    Constant,
    Facts,
    FlagIs,
    IsSet,
    Not,
    Predicate,
    Workers,
)

__all__ = ["ConditionError", "Facts", "Predicate", "condition_in", "parse"]

# A person writes a condition in a line. Anything longer or deeper is a mistake or an attack.
LONGEST: Final = 500
DEEPEST: Final = 10


class ConditionError(ValueError):
    """The text is not a condition. The message names the position (from 1) and what is allowed there."""


def parse(text: str) -> Predicate:
    """Parse a condition. Raises ConditionError."""
    if len(text) > LONGEST:
        raise ConditionError(f"A condition has at most {LONGEST} characters; this has {len(text)}")
    reader = _ConditionReader(text)
    predicate = reader.either(DEEPEST)
    if not reader.at_end:
        reader.refuse("and, or, or the end")
    return predicate


def condition_in(text: str) -> Predicate | None:
    """The condition in a cell of a runbook's table, with or without a remark in parentheses after it; None for prose.

    `Always (the start fails fast without it)` is `always`, as is `yes` in a column "Required"; `Any path that sends
    email is live` is None.
    """
    for wording in (text, re.sub(r"\s\(.*\)\s*$", "", text, flags=re.DOTALL)):
        word = wording.strip(" .*`")
        try:
            return parse("always" if _YES.fullmatch(word) else "never" if _NO.fullmatch(word) else word)
        except ConditionError:
            continue
    return None


# What teams write in a column "Required".
_YES = re.compile(r"yes|y|true|required|mandatory|必須|必填|是|はい|[✓✔✅]\ufe0f?", re.IGNORECASE)
_NO = re.compile(r"no|n|false|optional|not required|not needed|任意|可选|否|いいえ|[✗✘❌]\ufe0f?", re.IGNORECASE)


# The name of a flag has an underscore (FLAG_X, sentry_backend), so that no word of prose is taken for one.
_FLAG = re.compile(r"[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]*")
_TOKEN = re.compile(r"(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>[0-9]{1,5}(?![0-9]))|(?P<sign><=|>=|[=<>()])")
_SPACE = re.compile(r"\s*")
_OPERAND = "FLAG_NAME=1, workers=1, set(NAME), always, never, not, or ("


class _ConditionReader:
    """A recursive descent parser with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._token: re.Match[str] | None = None
        self._advance()

    @property
    def at_end(self) -> bool:
        return self._token is None and self._position == len(self._text)

    def either(self, depth: int) -> Predicate:
        parts = [self._both(depth)]
        while self._take_word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def refuse(self, wanted: str) -> NoReturn:
        next_text = repr(self._text[self._position :][:20]) if self._position < len(self._text) else "the end"
        raise ConditionError(f"Not understood at {self._position + 1}: {next_text}. May stand here: {wanted}")

    def _both(self, depth: int) -> Predicate:
        parts = [self._one(depth)]
        while self._take_word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Predicate:
        if depth == 0:
            raise ConditionError(f"Nested deeper than {DEEPEST} at {self._position + 1}")
        if self._take_word("not"):
            return Not(self._one(depth - 1))
        if self._take_sign("("):
            inner = self.either(depth - 1)
            self._need_sign(")")
            return inner
        for word, value in (("always", True), ("never", False)):
            if self._take_word(word):
                return Constant(value)
        if self._take_word("set"):
            self._need_sign("(")
            name = self._need("word", "the name of a variable")
            self._need_sign(")")
            return IsSet(name)
        return self._workers() if self._take_word("workers") else self._flag()

    def _workers(self) -> Workers:
        comparison = next((sign for sign in COMPARE if self._take_sign(sign)), None)
        if comparison is None:
            self.refuse("=, <, <=, > or >=")
        return Workers(comparison, int(self._need("number", "a number")))

    def _flag(self) -> FlagIs:
        if self._token is None or not _FLAG.fullmatch(self._token.group()):
            self.refuse(_OPERAND)
        name = self._need("word", _OPERAND)
        if not self._take_sign("="):
            return FlagIs(name, on=True)
        if self._token is None or self._token.group() not in ("0", "1"):
            self.refuse("0 or 1")
        return FlagIs(name, on=self._need("number", "0 or 1") == "1")

    def _advance(self) -> None:
        space = _SPACE.match(self._text, self._token.end() if self._token else self._position)
        self._position = space.end() if space else self._position
        self._token = _TOKEN.match(self._text, self._position)

    def _take_word(self, word: str) -> bool:
        return self._take("word", word)

    def _take_sign(self, sign: str) -> bool:
        return self._take("sign", sign)

    def _take(self, group: str, wanted: str) -> bool:
        taken = self._token is not None and (self._token[group] or "").lower() == wanted
        if taken:
            self._advance()
        return taken

    def _need_sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            self.refuse(sign)

    def _need(self, group: str, wanted: str) -> str:
        text = self._token[group] if self._token else None
        if not text:
            self.refuse(wanted)
        self._advance()
        return text
