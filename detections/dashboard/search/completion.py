"""What may stand at the place of a word that is being typed into a search: keys, or values of its key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from detections.telemetry.search.keys import Domain, Kind, SearchKey, find_key, keys_of, tag_name
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.sampled import environments, newest_releases, newest_routes, sampled_values
from detections.telemetry.search.tree import value_as_written

MOST = 20  # suggestions
MAX_WORD = 200  # characters
_BEFORE = re.compile(r"[!(]*")
_TERM = re.compile(r"(tags\[[^\]]*\]|[^:]*):(>=|<=|>|<|\[(?:.*,)?\s*)?(.*)", re.DOTALL)
_TIMES = ("-1h", "-24h", "-7d", "-30d", "+7d")
_NUMBERS = ("1", "10", "100", "1000")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class WordSuggestion:
    """A word that takes the place of the one that is typed; `says` explains it."""

    word: str
    says: str = ""


def suggestions(domain: Domain, word: str, known: KnownNames) -> list[WordSuggestion]:
    """At most MOST words that begin like the one that is typed, then those that contain it."""
    before = _BEFORE.match(word[:MAX_WORD])
    assert before is not None  # it matches nothing, too
    rest = word[before.end() : MAX_WORD]
    term = _TERM.fullmatch(rest)
    if term is None:
        return [WordSuggestion(before[0] + each.word, each.says) for each in _keys(domain, rest, known)]
    name, operator, typed = term[1], term[2] or "", term[3].strip('"')
    found = _values(domain, name, typed, known)
    operator = operator or ">" * (found is _NUMBERS)
    return [WordSuggestion(f"{before[0]}{name}:{operator}{each}") for each in _alike(found, typed)]


def _keys(domain: Domain, typed: str, known: KnownNames) -> list[WordSuggestion]:
    says = {f"{key.name}:": key.says for key in keys_of(domain)}
    if domain is not Domain.ROUTES and typed:
        says |= {f"{_tag(name)}:": "Tag" for name in sorted(known.tags)}
    return [WordSuggestion(name, says[name]) for name in _alike(says, typed)]


def _tag(name: str) -> str:
    """A tag as a key: by its name, unless that is a key of ours or has other characters."""
    plain = re.fullmatch(r"[^\W\d][\w.-]*", name) and find_key(name) is None
    return name if plain else f'tags["{name}"]'


def _alike(words: Iterable[str], typed: str) -> list[str]:
    folded, found = typed.lower(), list(dict.fromkeys(words))
    begins = [word for word in found if word.strip('"').lower().startswith(folded)]
    contains = [word for word in found if folded in word.lower() and word not in begins]
    return [*begins, *contains][:MOST]


def _values(domain: Domain, name: str, typed: str, known: KnownNames) -> Iterable[str]:
    """Values of a key or tag as they are written."""
    key = None if tag_name(name) else find_key(name)
    if key is None:
        tag = tag_name(name) or name
        return () if domain is Domain.ROUTES else map(value_as_written, sampled_values(tag, known.now, tag=True))
    if domain not in key.domains:
        return ()
    if key.kind in (Kind.TIME, Kind.NUMBER):
        return _TIMES if key.kind is Kind.TIME else _NUMBERS
    if key.kind is Kind.CHOICE:
        return key.first_words
    if key.kind is Kind.FIELD:
        return [*(each.name for each in keys_of(domain) if each.presence), *map(_tag, sorted(known.tags))]
    return map(value_as_written, _names(key, typed, known))


def _names(key: SearchKey, typed: str, known: KnownNames) -> Iterable[str]:
    """Values of a text that stand in rows."""
    match key.name:
        case "environment":
            return environments()
        case "project":
            return sorted(known.projects)
        case "route":
            return newest_routes(typed)
        case "method":
            return _METHODS
        case "release" | "first-release" | "last-release":
            return newest_releases(typed)
        case "error.type" | "logger" | "platform" | "transaction":
            return sampled_values(key.name, known.now)
    return ()
