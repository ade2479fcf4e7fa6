"""Removes secrets from all of an event, and limits its depth, width and texts (pure)."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, islice, repeat
from typing import Any

from detections.ingest.event.secret_places import (
    LONGEST_NAME,
    VALUES,
    without_arguments,
    without_codes,
    without_named_value,
    without_secret_parameters,
)
from detections.ingest.protocol.coerce import Json
from opsconsole.lib.text.secret_names import is_counted, is_secret
from opsconsole.lib.text.secret_numbers import FILTERED, is_card
from opsconsole.lib.text.secret_paths import scrub_path
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import folded, scrub_text

# SDKs serialise five levels below `extra` and `vars`; this is twice that, plus the levels of frames and exceptions.
MAX_DEPTH = 24
MAX_WIDTH = 1000
# Characters of a text anywhere in an event (`extra`, `vars`, a request's data); Sentry's own limit for a value of
# `extra`. A megabyte that compresses to nothing must not be stored whole.
MAX_TEXT = 16 * 1024
# In no text (protocol.lenient_json), so that no pattern matches across two texts. A match may end with the first NUL,
# and the next one begin with the second.
_SEPARATOR = "\0\0"
# Larger integers do not fit 64 bits, which readers of jsonb use.
_BIG = 2**63
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


class _Texts:
    """The strings of an event and their positions, to be searched in one pass."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.positions: list[tuple[Any, Any]] = []  # container, key or index in it
        self.code: set[int] = set()  # ids of containers whose strings are lines of code

    def clean(self) -> None:
        """Replaces, in place, the strings that contain a secret."""
        joined = _SEPARATOR.join(self.strings)
        encoded = joined.encode(errors="replace")
        # A match may begin at the separator before a card number: its end identifies the text.
        hits = [match.end() - 1 for match in SUSPECT.finditer(encoded)]
        ascii_only = len(encoded) == len(joined)
        hidden = set() if (ascii_only and "\\u" not in joined) or folded(joined) == joined else self._hidden()
        if not hits and not hidden:
            return
        sizes = map(len, self.strings if ascii_only else (text.encode(errors="replace") for text in self.strings))
        ends = list(accumulate(size + len(_SEPARATOR) for size in sizes))
        for index in {bisect_right(ends, hit) for hit in hits} | hidden:
            container, key = self.positions[index]
            if key == "context_line" or id(container) in self.code:
                container[key] = _scrubbed_line(_Line(self.strings[index]))
            else:
                container[key] = scrub_text(self.strings[index])

    def _hidden(self) -> set[int]:
        """The texts that are suspect once they are `folded`."""
        plain = ((index, text, folded(text)) for index, text in enumerate(self.strings))
        return {index for index, text, read in plain if read != text and SUSPECT.search(read.encode(errors="replace"))}


class _Line:
    """A line of code as a key of `_scrubbed_line`, equal by a hash: unscrubbed text does not stay in memory."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Line) and self.digest == other.digest


@lru_cache(maxsize=4096)
def _scrubbed_line(line: _Line) -> str:
    """The scrubbed line. Cached, because the events of a fault have the same lines."""
    text, line.text = line.text, ""
    return scrub_text(text, code=True)


def scrub(event: Json) -> Json:
    """A copy of a normalised event without secrets: neither values of secret names nor secrets within texts.

    Order numbers, hashes and UUIDs are kept. What is deeper than MAX_DEPTH, wider than MAX_WIDTH or longer than
    MAX_TEXT is cut, with a mark.
    """
    texts = _Texts()
    rest = {key: value for key, value in event.items() if key != "modules"}
    for name in ("message", "logentry"):
        if type(rest.get(name)) is dict and "params" in rest[name]:
            rest[name] = without_secret_parameters(rest[name])
    clean = _mapping(rest, texts, 0)
    if "modules" in event:
        clean["modules"] = _modules(event["modules"], texts)
    texts.clean()
    return clean


def _modules(modules: Any, texts: _Texts) -> Any:
    """Packages and versions: names such as `cookie-parser` are no secrets. What else stands there is scrubbed."""
    if type(modules) is not dict or set(map(type, modules.values())) - {str}:
        return _other(modules, texts, 0, code=False)
    names = "\0".join(modules).encode(errors="replace")
    if _VERSIONS.fullmatch("\n".join([*modules.values(), ""])) and not SUSPECT.search(names):
        return modules
    versions = {name: text for name, text in modules.items() if _VERSIONS.fullmatch(f"{text}\n")}
    clean = _mapping({name: text for name, text in modules.items() if name not in versions}, texts, 0)
    clean.update((scrub_text(name), text) for name, text in versions.items())
    return clean


def _mapping(source: Json, texts: _Texts, depth: int) -> Json:
    # The innermost loop of the digest: strings, most of the values, are handled without a further call.
    if depth > MAX_DEPTH:
        return {"…": "nested too deeply"}
    if not VALUES.isdisjoint(source):
        source = without_named_value(source)
    clean: Json = {}
    strings, positions = texts.strings, texts.positions
    for key, value in source.items() if len(source) <= MAX_WIDTH else islice(source.items(), MAX_WIDTH):
        name, kind = _name(key) if len(key) <= LONGEST_NAME else _long_name(key)
        if kind:
            value = _told(kind, value)  # noqa: PLW2901
        if type(value) is str:
            if len(value) > MAX_TEXT:
                value = _cut(value)  # noqa: PLW2901
            clean[name] = value
            strings.append(value)
            positions.append((clean, name))
        elif type(value) is dict:
            clean[name] = _mapping(value, texts, depth + 1)
        else:
            clean[name] = _other(value, texts, depth, kind == _LINES)
    if len(source) > MAX_WIDTH:
        clean["…"] = f"{len(source) - MAX_WIDTH} more"
    return clean


def _told(kind: int, value: Any) -> Any:
    """The value without what its name tells to be a secret."""
    if kind == _COUNTED and type(value) in {int, float}:
        return value
    if kind in {_SECRET, _COUNTED}:
        return value if value is None or type(value) is bool else FILTERED
    if kind == _ADDRESS:
        return scrub_path(value) if type(value) is str else value
    return without_codes(value, kind == _QUERY) if kind != _LINES and type(value) is dict else value


def _other(value: Any, texts: _Texts, depth: int, code: bool) -> Any:
    kind = type(value)
    if kind is dict:
        return _mapping(value, texts, depth + 1)
    if kind is list:
        return _list(value, texts, depth + 1, code)
    return _integer(value) if kind is int else value


def _list(source: list[Any], texts: _Texts, depth: int, code: bool) -> list[Any]:
    if depth > MAX_DEPTH:
        return ["…"]
    # A list of two texts may be a secret's name and value, unless they are lines of code.
    if set(map(type, source)) == {str} and len(source) <= MAX_WIDTH and (code or len(source) != 2):
        return _lines(source, texts, code)
    clean: list[Any] = []
    for index, value in enumerate(_without_secret(source)[:MAX_WIDTH]):
        if type(value) is str:
            clean.append(_cut(value))
            texts.strings.append(clean[-1])
            texts.positions.append((clean, index))
        else:
            clean.append(_other(value, texts, depth, code))
    if len(source) > MAX_WIDTH:
        clean.append(f"… {len(source) - MAX_WIDTH} more")
    return clean


def _lines(source: list[str], texts: _Texts, code: bool) -> list[str]:
    """A list of texts only, such as the source lines of a frame or the arguments of a command."""
    # event.stacktraces has cut lines of code.
    clean = source[:] if code else [_cut(line) for line in without_arguments(source)]
    if code:
        texts.code.add(id(clean))
    texts.strings += clean
    texts.positions += zip(repeat(clean), range(len(clean)), strict=False)
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
