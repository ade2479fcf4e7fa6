"""Removes secrets from all of an event, and limits its depth, width and texts (pure)."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, islice, repeat
from typing import Any

from detections.ingest.event.secret_keys import is_secret
from detections.ingest.protocol.coerce import Json
from opsconsole.lib.text.secrets import FILTERED, SUSPECT, is_card, scrub_text

# SDKs serialise five levels below `extra` and `vars`; this is twice that, plus the levels of frames and exceptions.
MAX_DEPTH = 24
MAX_WIDTH = 1000
# Characters of a text anywhere in an event (`extra`, `vars`, a request's data); Sentry's own limit for a value of
# `extra`. A megabyte that compresses to nothing must not be stored whole.
MAX_TEXT = 16 * 1024
# Longer names are data; they are not cached.
LONGEST_NAME = 100
_SEPARATOR = "\0"  # in no text (protocol.lenient_json), so that no pattern matches across two texts
# Larger integers do not fit 64 bits, which readers of jsonb use.
_BIG = 2**63
# Keys of lists of source lines, where a name followed by `=` is no secret.
_CODE = {"pre_context", "post_context"}


class _Texts:
    """The strings of an event and their positions, to be searched in one pass."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.positions: list[tuple[Any, Any]] = []  # container, key or index in it
        self.code: set[int] = set()  # ids of containers whose strings are lines of code

    def clean(self) -> None:
        """Replaces, in place, the strings that contain a secret."""
        joined = _SEPARATOR.join(self.strings).encode()
        # A match may begin at the separator before a card number: its end identifies the text.
        hits = [match.end() - 1 for match in SUSPECT.finditer(joined)]
        if not hits:
            return
        ends = list(accumulate([len(text.encode()) + 1 for text in self.strings]))
        for index in {bisect_right(ends, hit) for hit in hits}:
            container, key = self.positions[index]
            code = key == "context_line" or id(container) in self.code
            container[key] = scrub_text(self.strings[index], code)


def scrub(event: Json) -> Json:
    """A copy of a normalised event without secrets: neither values of secret names nor secrets within texts.

    Order numbers, hashes and UUIDs are kept. What is deeper than MAX_DEPTH, wider than MAX_WIDTH or longer than
    MAX_TEXT is cut, with a mark.
    """
    texts = _Texts()
    # Names of packages (`cookie-parser`) and their versions are no secrets.
    clean = _mapping({key: value for key, value in event.items() if key != "modules"}, texts, 0)
    texts.clean()
    return clean | {"modules": event["modules"]} if "modules" in event else clean


def _mapping(source: Json, texts: _Texts, depth: int) -> Json:
    # The innermost loop of the digest: strings, most of the values, are handled without a further call.
    if depth > MAX_DEPTH:
        return {"…": "nested too deeply"}
    clean: Json = {}
    strings, positions = texts.strings, texts.positions
    for key, value in source.items() if len(source) <= MAX_WIDTH else islice(source.items(), MAX_WIDTH):
        name, secret = _name(key) if len(key) <= LONGEST_NAME else _long_name(key)
        if secret and value is not None:
            clean[name] = FILTERED
        elif type(value) is str:
            if len(value) > MAX_TEXT:
                value = _cut(value)  # noqa: PLW2901
            clean[name] = value
            strings.append(value)
            positions.append((clean, name))
        else:
            clean[name] = _other(value, texts, depth, key in _CODE)
    if len(source) > MAX_WIDTH:
        clean["…"] = f"{len(source) - MAX_WIDTH} more"
    return clean


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
    """A list of texts only, such as the source lines of a frame."""
    # event.stacktraces has cut lines of code.
    clean = source[:] if code or max(map(len, source)) <= MAX_TEXT else [_cut(line) for line in source]
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
    """The list; in a pair of a secret's name and its value, the value is replaced."""
    pair = len(source) == 2 and type(source[0]) is str and is_secret(source[0][:LONGEST_NAME])
    return [source[0], FILTERED] if pair else source


@lru_cache(maxsize=8192)
def _name(key: str) -> tuple[str, bool]:
    """The scrubbed key (names may be data) and whether its value is a secret. Cached, because events share keys."""
    return scrub_text(key), is_secret(key)


def _long_name(key: str) -> tuple[str, bool]:
    """As `_name`, without the cache, which long names could fill."""
    return scrub_text(key[:500]), is_secret(key[:500])


def _integer(value: int) -> int | str:
    if 10**12 <= value < 10**19 and is_card(str(value)):
        return FILTERED
    return value if -_BIG <= value < _BIG else str(value)
