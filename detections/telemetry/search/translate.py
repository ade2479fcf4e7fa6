"""A search as a query of issues, events or series, with sentences on what was not understood.

Conditions on events that must all hold are about one event: `release:2 browser:Safari` finds issues with an
event of that release and that browser. `!browser:Safari` finds those with an event of another browser, or of none.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Protocol

from django.db.models import Q

from detections.telemetry.search import values
from detections.telemetry.search.atoms import any_q
from detections.telemetry.search.keys import KEYS, SearchKey, find_key
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.language import parse
from detections.telemetry.search.tree import Conjunction, Disjunction, Node, SearchTerm, SearchWord

TextCondition = Callable[[Sequence[SearchWord]], Q]
NOTHING = Q(pk__in=[])
_SURE = 0.8  # likeness from which a word with a colon behind it is taken for a mistyped key


@dataclass(frozen=True)
class Search:
    """A search, translated. `problems`: sentences on what is wrong; `left_out`: some of it was left out for that; if it
    is `broken`, `condition` matches nothing.

    `remarks` are about names that are not there. `since`: events received before it were not looked at; None: all that
    are stored were, or none. `only`: by key, the values of which every row must have one, as written. `environments`
    and `release` are those that figures are about: the names of the environments, and a single release.
    `alternatives`: of issues that have figures of these one must hold; each is quicker alone (`lists.keyset.Either`).
    """

    text: str
    condition: Q
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    broken: bool = False
    since: datetime | None = None
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    release: str = ""
    left_out: bool = False
    alternatives: tuple[Q, ...] = (NOTHING,)


class Translation(Protocol):
    """Makes queries of one domain's rows out of conditions."""

    known: KnownNames
    since: datetime | None

    def term(self, term: SearchTerm) -> Any:
        """One `key:value`. Raises ConditionRefusedError."""

    def texts(self, texts: Sequence[SearchWord]) -> Any:
        """Words and phrases that all must be found."""

    def both(self, parts: list[Any]) -> Any:
        """All of the parts."""

    def either(self, parts: list[Any]) -> Any:
        """One of the parts."""

    def query(self, whole: Any) -> Q:
        """The query of the whole search."""

    def alternatives(self, whole: Any, only: Container[str]) -> tuple[Q, ...]:
        """The same as queries of which one must hold, of rows that have figures of what the search demands: `only` has
        the keys."""


def translate(text: str, translation: Translation) -> Search:
    """The search of a text. Never raises."""
    read = parse(text)
    problems = list(read.problems)
    condition = NOTHING
    alternatives: tuple[Q, ...] = (NOTHING,)
    only = {} if read.broken else only_values(read.node)
    if not read.broken:
        try:
            whole = _translated(read.node, translation, problems) if read.node else None
            condition = Q() if whole is None else translation.query(whole)
            alternatives = (Q(),) if whole is None else translation.alternatives(whole, only)
        except values.ConditionRefusedError as error:  # of the search as a whole
            problems.append(str(error))
            read, only = type(read)(read.node, read.problems, broken=True), {}
    known = translation.known
    return Search(
        text,
        condition,
        tuple(dict.fromkeys(problems)),
        tuple(dict.fromkeys(known.remarks)),
        read.broken,
        translation.since,
        only,
        tuple(sorted({name for value in only.get("environment", ()) for name in known.environments_named(value)})),
        only["release"][0] if len(only.get("release", ())) == 1 else "",
        left_out=not read.broken and len(problems) > len(read.problems),
        alternatives=alternatives,
    )


def only_values(node: Node | None) -> dict[str, tuple[str, ...]]:
    """By key, the plain values of which every row must have one."""
    parts = node.parts if isinstance(node, Conjunction) else (node,)
    terms = [part for part in parts if isinstance(part, SearchTerm) and not part.negated and not part.operator]
    plain = [(key.name, term.values) for term in terms if (key := find_key(term.key)) is not None]
    names = [name for name, _ in plain]
    return {
        name: tuple(values.plain(each) for each in given)
        for name, given in plain
        if names.count(name) == 1 and all(given) and not any(values.has_wildcard(each) for each in given)
    }


def _translated(node: Node, translation: Translation, problems: list[str]) -> Any:
    """The node as the translation's parts; None where nothing of it was understood."""
    if isinstance(node, Disjunction):
        found = [each for part in node.parts if (each := _translated(part, translation, problems)) is not None]
        return translation.either(found) if found else None
    parts = node.parts if isinstance(node, Conjunction) else (node,)
    texts = [part for part in parts if isinstance(part, SearchWord) and not part.negated and _is_text(part, problems)]
    found = [translation.texts(texts)] if texts else []
    for part in parts:
        if isinstance(part, SearchWord) and not part.negated:
            continue
        if (each := _part(part, translation, problems)) is not None:
            found.append(each)
    return translation.both(found) if found else None


def _part(part: Node, translation: Translation, problems: list[str]) -> Any:
    if isinstance(part, SearchWord):
        return translation.texts([part])
    if not isinstance(part, SearchTerm):
        return _translated(part, translation, problems)
    try:
        return translation.term(part)
    except values.ConditionRefusedError as error:
        problems.append(f"{error}")
        return None


def _is_text(word: SearchWord, problems: list[str]) -> bool:
    """Whether a word is meant as text: `ValueError:` is; `level:` with nothing behind it and `-level:error` are not."""
    name, colon, value = word.text.partition(":")
    if word.quoted or not colon:
        return True
    quoted = SearchWord(word.text, quoted=True)
    if name.startswith("-") and value and (key := find_key(name[1:])) is not None:
        problems.append(f"“{word.text}”: to leave out, write !{key.name}:{value}; for the text write {quoted}.")
        return False
    if value or not name.islower() or (key := find_key(name) or _mistyped(name)) is None:
        return True
    problems.append(f"“{name}:” needs a value behind the colon, as in {key.example}; for the text write {quoted}.")
    return False


def _mistyped(name: str) -> SearchKey | None:
    return next((key for key in KEYS if SequenceMatcher(None, name, key.name).ratio() >= _SURE), None)


def plain_query(parts: list[Q], *, either: bool) -> Q:
    """The parts of a domain in which each condition is about the row itself."""
    if either:
        return any_q(parts)
    result = Q()
    for part in parts:
        result &= part
    return result
