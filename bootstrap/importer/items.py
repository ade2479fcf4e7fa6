"""What one item of a checklist is about (pure): its key, kind, variables, flag, values, condition."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, islice

from bootstrap.importer.blocks import Entry
from bootstrap.importer.runbook import ItemRow
from bootstrap.importer.words import FLAG, IDENTIFIER, is_secret, plain, slug_of, unused

_KINDS = (
    (re.compile(r"\b(checklist|section)\b.{0,200}\b(complet|done)|\bfirst\W*$", re.IGNORECASE), "prerequisite"),
    (re.compile(r"\b(provision|creat|attach|generat|install|register)(ed|s)?\b", re.IGNORECASE), "provision"),
    (re.compile(r"\bset\b", re.IGNORECASE), "set"),
)
_TWO_PERSON = re.compile(r"\btwo[- ]person\b|\btwo people\b|\bfour[- ]eyes\b|\b4[- ]eyes\b", re.IGNORECASE)
_EVIDENCE = re.compile(r"\bevidence\b|\battach (a |the )?(screenshot|log|output|link)", re.IGNORECASE)
# Also the full-width colon, semicolon, comma, question mark and parenthesis of Chinese and Japanese.
_PAUSE = re.compile(r"[:;,]\s|[(?\uff1a\uff1b\uff0c\uff1f\uff08]|\s—\s|\.\s")
_CONDITION = re.compile(r"\bif (?P<condition>[^.;,]{1,300})$", re.IGNORECASE)
# A value is marked as code or has a dot, slash or equals sign in it: "the staging origin (staging)" names none.
_FOR_ENVIRONMENT = re.compile(
    r"(?P<value>`[^`]{1,300}`|[^\s`(),]{0,300}[./=][^\s`(),]{0,300})(?:\s[^()`]{0,100})?\((?P<environment>[a-z]+)\)"
)
_GIVEN = re.compile(r"\b(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>[^\s`,;]+)")
# What follows a flag's name where the item asks for it to be off: "is `false` until the smoke test passed".
_OFF = re.compile(
    r"\A\W*(?:is |stays |kept |keep |remains |set |to |still )*(?:false|off|disabled|0)(?![\w-])", re.IGNORECASE
)
ENVIRONMENTS = {"prod": "prod", "production": "prod", "live": "prod", "staging": "staging", "stage": "staging"}


def read_item(entry: Entry, known: Collection[str], taken: Collection[str]) -> ItemRow:
    """The item of a list entry. `known` are the runbook's variables, `taken` the keys already given."""
    text = plain(entry.text)
    question = "?" in text or "\uff1f" in text
    condition = None if question else _CONDITION.search(text)
    subject_text = text[: condition.start()] if condition else text
    flag = "" if question else _leading_flag(text)
    variables = () if question or flag else _variables(subject_text, known)
    return ItemRow(
        key=unused(flag or _variable_key(text, variables), taken)
        if flag or len(variables) == 1
        else _slug(text, taken),
        text=entry.text,
        kind="flag" if flag else _kind(subject_text, question),
        line=entry.line,
        depth=entry.depth,
        body=entry.body,
        variables=variables,
        flag=flag,
        values=_values(entry.text, flag, variables),
        condition=condition["condition"] if condition else "",
        two_person=_TWO_PERSON.search(text) is not None,
        evidence_required=not question and _EVIDENCE.search(text) is not None,
    )


def _leading_flag(text: str) -> str:
    """The flag that the item turns on: the identifier it begins with, if that is a flag."""
    first = FLAG.search(text)
    return first.group() if first and first.start() <= len("Feature flag ") else ""


def _variables(text: str, known: Collection[str]) -> tuple[str, ...]:
    """The known variables that it names; only the one it begins with, where it begins with one."""
    named = [match for match in IDENTIFIER.finditer(text) if match.group() in known]
    if named and named[0].start() == 0:
        return (named[0].group(),)
    return tuple(dict.fromkeys(match.group() for match in named))


def _variable_key(text: str, variables: tuple[str, ...]) -> str:
    return variables[0] if variables else text


def _slug(text: str, taken: Collection[str]) -> str:
    """From the words before the first pause, so that an explanation may change without a new key."""
    return slug_of(_PAUSE.split(text, maxsplit=1)[0] or text, taken)


def _kind(text: str, question: bool) -> str:
    if question:
        return "attest"
    head = re.split(r"\s\(", text, maxsplit=1)[0]
    return next((kind for pattern, kind in _KINDS if pattern.search(head)), "attest")


def _values(text: str, flag: str, variables: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(environment, value) pairs, `*` for any environment. A secret's value is never taken, even if it is written."""
    name = flag or (variables[0] if len(variables) == 1 else "")
    if not name or (not flag and is_secret(name)):
        return ()
    found: dict[str, str] = {}
    for match in _FOR_ENVIRONMENT.finditer(text):
        environment = ENVIRONMENTS.get(match["environment"])
        if environment:
            found.setdefault(environment, _bare(match["value"], name))
    if not found:
        given = (match["value"] for match in _GIVEN.finditer(plain(text)) if match["name"] == name)
        stays_off = flag and _OFF.search(plain(text).partition(flag)[2])
        return tuple(("*", value) for value in islice(chain(given, ["0"] if stays_off else ()), 1))
    return tuple(found.items())


def _bare(value: str, name: str) -> str:
    """Without marks, the name it is given to, and the slash of "this/ or that"."""
    bare = plain(value).removeprefix(f"{name}=")
    return bare if "://" in bare else bare.rstrip("/")
