"""One item of a checklist (pure): its key, kind, variables, flag, values, condition."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain, islice

from bootstrap.importer.markdown.blocks import Entry
from bootstrap.importer.parsed_runbook import ItemRow
from bootstrap.importer.parser import item_markers
from bootstrap.importer.parser.explicit_needs import clauses_in
from bootstrap.importer.vocabulary import (
    IDENTIFIER,
    first_match,
    is_secret,
    pattern,
    patterns,
    plain,
    slug_of,
    unused,
)

_KINDS = patterns("item.kind")
# Also the full-width colon, semicolon, comma, question mark and parenthesis of Chinese and Japanese.
_PAUSE = re.compile(r"[:;,]\s|[(?\uff1a\uff1b\uff0c\uff1f\uff08]|\s—\s|\.\s")
# "if" in the middle of a sentence is part of what is attested: "Impact is known if the service is down". A condition
# stands in parentheses, or names a flag or variable, or says that something is in use.
_CONDITION = pattern(
    "item.condition",
    r"(?:[(\[]\s{0,3}(?:(?:only|required|needed)\s)?if (?P<aside>[^()\[\]]{1,300})[)\]]"
    r"|\b(?:only\s)?if (?P<said>(?=[^.;,]{0,300}(?:{}))[^.;,]{1,300}?))\.?\s{0,3}\Z",
)
# A value is marked as code or has a dot, slash or equals sign in it: "the staging origin (staging)" names none.
_ENVIRONMENT = re.compile(r"\((?P<environment>[a-z]{1,20})\)")
_CODE = re.compile(r"`([^`]{1,300})`")
_VALUE = re.compile(r"(?<![^\s`(),])[^\s`(),]{1,300}(?=\s|\Z)")
_CONTEXT = 400  # characters before `(prod)` in which its value is looked for
_NEAR = 101  # characters between a value and its environment: "staging.dev / staging domain (staging)"
_GIVEN = re.compile(r"\b(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>[^\s`,;]+)")
# Characters of an item that are read.
LONGEST_TEXT = 20_000
ENVIRONMENTS = {"prod": "prod", "production": "prod", "live": "prod", "staging": "staging", "stage": "staging"}

_NAME_FIRST = re.compile(r"`(?P<name>[A-Z][A-Z0-9_]*)`")


def read_item(entry: Entry, known: Collection[str], taken: Collection[str]) -> ItemRow:
    """The item of a list entry. `known` are the runbook's variables, `taken` the keys already given."""
    written = entry.text[:LONGEST_TEXT]
    text = plain(written)
    named = item_markers.without_optional(text)
    question = item_markers.is_question(text)
    condition = None if question else _CONDITION.search(named)
    subject = named[: condition.start()] if condition else named
    flag = "" if question else item_markers.flag_in(named)
    variables = () if question or flag else _variables(subject, known, written)
    evidence, evidence_kind = (False, "") if question else item_markers.evidence_in(text)
    return ItemRow(
        key=unused(flag or variables[0], taken) if flag or len(variables) == 1 else _slug(named, taken),
        text=entry.text,
        kind="flag" if flag else _kind(subject, question),
        line=entry.line,
        depth=entry.depth,
        body=entry.body,
        variables=variables,
        flag=flag,
        values=_values(written, flag, variables),
        condition=(condition["aside"] or condition["said"]).strip() if condition else "",
        two_person=item_markers.asks_for_two(text),
        evidence_required=evidence,
        evidence_kind=evidence_kind,
        optional=item_markers.is_optional(text),
    )


def _variables(text: str, known: Collection[str], written: str) -> tuple[str, ...]:
    """The known variables of an item: the one it begins with, else all that it names and does not only need."""
    first = _NAME_FIRST.match(written)  # of one word only this is a name, `PORT`; elsewhere it is a word
    if first and first["name"] in known:
        return (first["name"],)
    named = [match for match in IDENTIFIER.finditer(text) if match.group() in known]
    if named and named[0].start() == 0:
        return (named[0].group(),)
    if not named:
        return ()
    needed = {name for clause in clauses_in(written) for name in clause.names}
    return tuple(dict.fromkeys(match.group() for match in named if match.group() not in needed))


def _slug(text: str, taken: Collection[str]) -> str:
    """From the words before the first pause, so that an explanation may change without a new key."""
    return slug_of(_PAUSE.split(text, maxsplit=1)[0] or text, taken)


def _kind(text: str, question: bool) -> str:
    if question:
        return "question"
    head = re.split(r"\s\(", text, maxsplit=1)[0]
    return first_match(_KINDS, head, "attest")


def _values(text: str, flag: str, variables: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(environment, value) pairs, `*` for any environment. A secret's value is never taken, even if it is written."""
    name = flag or (variables[0] if len(variables) == 1 else "")
    if not name or (not flag and is_secret(name)):
        return ()
    by_environment: dict[str, str] = {}
    for environment, value in _per_environment(text):
        by_environment.setdefault(environment, _bare(value, name))
    if by_environment:
        return tuple(by_environment.items())
    words = plain(text)
    given = (_unended(match["value"]) for match in _GIVEN.finditer(words) if match["name"] == name)
    off = flag and item_markers.wants_off(words, flag)
    return tuple(("*", value) for value in islice(chain(given, ["0"] if off else ()), 1))


def _per_environment(text: str) -> Iterator[tuple[str, str]]:
    """(environment, value) for each `value (environment)`: the code before it, else the first word that is a value."""
    for match in _ENVIRONMENT.finditer(text):
        environment = ENVIRONMENTS.get(match["environment"])
        if environment is None:
            continue
        end = match.start()
        begin = max(0, end - _CONTEXT, *(text.rfind(mark, max(0, end - _CONTEXT), end) + 1 for mark in "()"))
        before = text[begin:end]
        code = next(reversed(list(_CODE.finditer(before))), None)
        if code and len(before) - code.end() <= _NEAR and before[code.end() : code.end() + 1] in ("", " "):
            yield environment, code[1]
            continue
        words = (word for word in _VALUE.finditer(before, before.rfind("`") + 1) if len(before) - word.end() <= _NEAR)
        value = next((word.group() for word in words if set("./=") & set(word.group())), "")
        if value:
            yield environment, value


def _unended(value: str) -> str:
    """The value without the full stop or parenthesis that ends the sentence."""
    bare = value.rstrip(".")
    return bare if "(" in bare else bare.rstrip(").")


def _bare(value: str, name: str) -> str:
    """The value without code marks, `NAME=` before it and the slash of "this/ or that"."""
    bare = plain(value).removeprefix(f"{name}=")
    return bare if "://" in bare else bare.rstrip("/")
