"""Removes secrets from all of an event, and limits its depth, width and texts (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Any

from detections.ingest.event.memo import Hashed, hashed
from detections.ingest.event.secret_places import (
    LONGEST_NAME,
    NAMES,
    VALUES,
    without_arguments,
    without_codes,
    without_named_value,
    without_secret_parameters,
)
from detections.ingest.event.suspect_texts import SuspectTexts
from detections.ingest.protocol.coerce import Json
from opsconsole.lib.text.secret_names import is_counted, is_secret
from opsconsole.lib.text.secret_numbers import FILTERED, is_card
from opsconsole.lib.text.secret_paths import scrub_path
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import scrub_text

# SDKs serialise five levels below `extra` and `vars`; this is twice that, plus the levels of frames and exceptions.
MAX_DEPTH = 24
MAX_WIDTH = 1000
# Characters of a text anywhere in an event (`extra`, `vars`, a request's data); Sentry's own limit for a value of
# `extra`. A megabyte that compresses to nothing must not be stored whole.
MAX_TEXT = 16 * 1024
# Larger integers do not fit 64 bits, which readers of jsonb use. From _CARDS on they may be numbers of cards.
_BIG = 2**63
_CARDS = 10**12
# What a process remembers of frames and modules that it has scrubbed: bytes of JSON of one; and of objects, by number
# and characters of their keys.
_FRAME_BYTES, _MODULES_BYTES = 4096, 64 * 1024
_SHAPE_KEYS, _SHAPE_LENGTH = 32, 400
# What a key says of its value: nothing, that it is a secret, an address, the parameters of an address, data that may be
# such parameters, lines of source, where a name followed by `=` is no secret, or a secret unless it is a number.
_PLAIN, _SECRET, _ADDRESS, _QUERY, _DATA, _LINES, _COUNTED = range(7)
_KINDS = {
    **dict.fromkeys(("url", "uri", "href", "transaction", "culprit", "path", "to", "from", "referer"), _ADDRESS),
    **dict.fromkeys(("referrer", "location", "endpoint", "route", "page", "target", "path_info"), _ADDRESS),
    **dict.fromkeys(("request_uri", "full_path", "http.url", "http.target", "url.full", "url.path"), _ADDRESS),
    **dict.fromkeys(("query_string", "query", "query_params", "get", "args", "search_params"), _QUERY),
    **dict.fromkeys(("data", "form", "json", "body", "post"), _DATA),
    **dict.fromkeys(("pre_context", "post_context"), _LINES),
}
# The versions of packages, each with a line break; SDKs send some hundred with each event.
_VERSIONS = re.compile(r"(?:[vV=~^]?[0-9][0-9A-Za-z.+!~:_-]{0,59}\n)*")


def scrub(event: Json) -> Json:
    """A copy of a normalised event without secrets: neither values of secret names nor secrets within texts.

    Order numbers, hashes and UUIDs are kept. What is deeper than MAX_DEPTH, wider than MAX_WIDTH or longer than
    MAX_TEXT is cut, with a mark.
    """
    texts = SuspectTexts()
    rest = {key: value for key, value in event.items() if key != "modules"}
    for name in ("message", "logentry"):
        if type(rest.get(name)) is dict and "params" in rest[name]:
            rest[name] = without_secret_parameters(rest[name])
    clean = _mapping(rest, texts, 0)
    if "modules" in event:
        clean["modules"] = _modules(event["modules"], texts)
    texts.clean()
    return clean


def _modules(modules: Any, texts: SuspectTexts) -> Any:
    """Packages and versions: names such as `cookie-parser` are no secrets. What else stands there is scrubbed."""
    if type(modules) is not dict or set(map(type, modules.values())) - {str}:
        return _other(modules, texts, 0, code=False)
    known = hashed(modules, _MODULES_BYTES)
    if _are_known_plain(known) if known else _are_plain(modules):
        return modules
    versions = {name: text for name, text in modules.items() if _VERSIONS.fullmatch(f"{text}\n")}
    clean = _mapping({name: text for name, text in modules.items() if name not in versions}, texts, 0)
    clean.update((scrub_text(name), text) for name, text in versions.items())
    return clean


@lru_cache(maxsize=256)
def _are_known_plain(known: Hashed) -> bool:
    """As `_are_plain`. Cached, because an application sends the same modules with each event."""
    return _are_plain(known.take())


def _are_plain(modules: dict[str, str]) -> bool:
    """Whether names and versions have nothing to scrub."""
    names = "\0".join(modules).encode(errors="replace")
    return not SUSPECT.search(names) and _VERSIONS.fullmatch("\n".join([*modules.values(), ""])) is not None


def _mapping(source: Json, texts: SuspectTexts, depth: int) -> Json:
    # The innermost loop of the digest: texts, most of the values, are handled without a call.
    if depth > MAX_DEPTH:
        return {"…": "nested too deeply"}
    clean = _copied(source)
    strings = texts.texts
    start, deep = len(strings), None
    for key, value in clean.items():
        if type(value) is str:
            if len(value) > MAX_TEXT:
                clean[key] = value = _cut(value)  # noqa: PLW2901
            strings.append(value)
        elif type(value) is dict or type(value) is list:
            deep = [*deep, key] if deep else [key]
        elif type(value) is int and not -_BIG <= value < _CARDS:
            clean[key] = _integer(value)
    if len(strings) > start:
        texts.starts.append(start)
        texts.containers.append(clean)
    if deep:
        _descend(clean, deep, texts, depth + 1)
    return clean


def _descend(clean: Json, keys: list[str], texts: SuspectTexts, depth: int) -> None:
    """Scrubs the objects and lists under the keys."""
    for key in keys:
        value = clean[key]
        if type(value) is dict:
            clean[key] = _mapping(value, texts, depth)
        else:
            code = len(key) <= LONGEST_NAME and _name(key)[1] == _LINES
            clean[key] = _list(value, texts, depth, code, _frame if key == "frames" else _mapping)


def _copied(source: Json) -> Json:
    """A copy with scrubbed keys (names may be data), at most MAX_WIDTH, and without the values that keys tell of."""
    if len(source) > _SHAPE_KEYS:
        return _named(source)
    try:
        told = _shape(*source)
    except _Unremembered:
        return _named(source)
    clean = source.copy()
    for key, kind in told:
        clean[key] = _told(kind, clean[key])
    return clean


def _named(source: Json) -> Json:
    """As `_copied`, key by key."""
    if not VALUES.isdisjoint(source):
        source = without_named_value(source)
    clean: Json = {}
    for key, value in islice(source.items(), MAX_WIDTH):
        name, kind = _name(key) if len(key) <= LONGEST_NAME else _long_name(key)
        clean[name] = _told(kind, value) if kind else value
    if len(source) > MAX_WIDTH:
        clean["…"] = f"{len(source) - MAX_WIDTH} more"
    return clean


_Walk = Callable[[Json, SuspectTexts, int], Json]


class _Unremembered(Exception):
    """Raised for keys whose shape is not kept."""


@lru_cache(maxsize=2048)
def _shape(*keys: str) -> tuple[tuple[str, int], ...]:
    """Those of an object's keys that tell something of their values, and what. Cached: events have the same objects.

    Raises _Unremembered for long keys, which may be data, for secrets in keys, and for keys that tell of each other.
    """
    if sum(map(len, keys)) > _SHAPE_LENGTH or not (VALUES.isdisjoint(keys) or NAMES.isdisjoint(keys)):
        raise _Unremembered
    named = [(key, *_name(key)) for key in keys if len(key) <= LONGEST_NAME]
    if len(named) < len(keys) or any(key != name for key, name, _ in named):
        raise _Unremembered
    return tuple((key, kind) for key, _, kind in named if kind)


def _told(kind: int, value: Any) -> Any:
    """The value without what its name tells to be a secret."""
    if kind == _COUNTED and type(value) in {int, float}:
        return value
    if kind in {_SECRET, _COUNTED}:
        return value if value is None or type(value) is bool else FILTERED
    if kind == _ADDRESS:
        return scrub_path(value) if type(value) is str else value
    return without_codes(value, kind == _QUERY) if kind != _LINES and type(value) is dict else value


def _other(value: Any, texts: SuspectTexts, depth: int, code: bool) -> Any:
    kind = type(value)
    if kind is dict:
        return _mapping(value, texts, depth + 1)
    if kind is list:
        return _list(value, texts, depth + 1, code, _mapping)
    return _integer(value) if kind is int else value


def _list(source: list[Any], texts: SuspectTexts, depth: int, code: bool, walk: _Walk) -> list[Any]:
    if depth > MAX_DEPTH:
        return ["…"]
    # A list of two texts may be a secret's name and value, unless they are lines of code.
    if set(map(type, source)) == {str} and len(source) <= MAX_WIDTH and (code or len(source) != 2):
        return _lines(source, texts, code)
    clean = [_cut(value) if type(value) is str else value for value in _without_secret(source)[:MAX_WIDTH]]
    if strings := [value for value in clean if type(value) is str]:
        texts.add(clean, strings)
    for index, value in enumerate(clean):
        if type(value) is dict:
            clean[index] = walk(value, texts, depth + 1)
        elif type(value) is not str:
            clean[index] = _other(value, texts, depth, code)
    if len(source) > MAX_WIDTH:
        clean.append(f"… {len(source) - MAX_WIDTH} more")
    return clean


def _lines(source: list[str], texts: SuspectTexts, code: bool) -> list[str]:
    """A list of texts only, such as the source lines of a frame or the arguments of a command."""
    # event.stacktraces has cut lines of code.
    clean = source[:] if code else [_cut(line) for line in without_arguments(source)]
    texts.add(clean, clean, code)
    return clean


def _frame(source: Json, texts: SuspectTexts, depth: int) -> Json:
    """A frame of a stack: its place and source lines are those of earlier events, its variables are not."""
    variables = source.get("vars", {})
    if type(variables) is dict and depth < MAX_DEPTH:
        place = source.copy()
        place.pop("vars", None)
        if known := hashed(place, _FRAME_BYTES):
            clean = _scrubbed_frame(known, depth).copy()
            if "vars" in source:
                clean["vars"] = _mapping(variables, texts, depth + 1)
            return clean
    return _mapping(source, texts, depth)


@lru_cache(maxsize=2048)
def _scrubbed_frame(known: Hashed, depth: int) -> Json:
    """A frame without variables, scrubbed; not to be changed, as events share it."""
    texts = SuspectTexts()
    clean = _mapping(known.take(), texts, depth)
    texts.clean()
    return clean


def _cut(text: str) -> str:
    """The text, or its beginning with a mark. Digits at the cut are removed: half a card number is not recognised."""
    if len(text) <= MAX_TEXT:
        return text
    kept = text[:MAX_TEXT].rstrip("0123456789 -")
    return f"{kept}… {len(text) - len(kept)} more characters"


def _without_secret(source: list[Any]) -> list[Any]:
    """The list; in a pair of a secret's name and its value, or of a command and its password, the value is replaced."""
    if len(source) != 2 or type(source[0]) is not str:
        return source
    if is_secret(source[0][:LONGEST_NAME]):
        return [source[0], FILTERED]
    return without_arguments(source) if type(source[1]) is str else source


@lru_cache(maxsize=8192)
def _name(key: str) -> tuple[str, int]:
    """The scrubbed key (names may be data) and what it says of its value. Cached, because events share keys."""
    kind = (
        (_COUNTED if is_counted(key) else _SECRET)
        if is_secret(key)
        else _KINDS.get(key.lower().replace("-", "_"), _PLAIN)
    )
    return scrub_text(key), kind


def _long_name(key: str) -> tuple[str, int]:
    """As `_name`, without the cache, which long names could fill."""
    return scrub_text(key[:500]), _SECRET if is_secret(key[:500]) else _PLAIN


def _integer(value: int) -> int | str:
    if 10**12 <= value < 10**19 and is_card(str(value)):
        return FILTERED
    return value if -_BIG <= value < _BIG else str(value)
