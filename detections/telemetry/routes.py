"""Routes as path patterns: templates of URL paths, and globs over them (pure).

A route is a path in which the variable segments are placeholders, so that one handler is one series:
`/api/beta/preview/{token}/screen/1`. The method is stored separately.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import re2

MAX_ROUTE = 300
OTHER_ROUTE = "(other)"  # of the series that has the events of routes without a place
MORE = "(more)"  # the group of the alert that scopes share in a flood
# An event that says so is no such group.
RESERVED = {OTHER_ROUTE, MORE}
# Lower numbers are part of the path (`screen/1`, `step/12`); higher ones are ids.
FIRST_ID = 100
# Segments without a digit are slugs up to this many characters; longer ones are tokens.
LONGEST_WORD = 40

_UUID = re.compile(r"(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
_HEX = re.compile(r"(?i)(0x)?(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.,Z+-]+)?")
_EMAIL = re.compile(r"[^@/]+@[^@/]+\.[^@/]+")
_PLACEHOLDER = re.compile(r"<[^/]*>|\{[^/]*\}|\[[^/]*\]|:\w+|\(\?P.*")
_LONG_DIGITS = re.compile(r"\d{3}")
_EXTENSION = re.compile(r"\.[A-Za-z]{1,5}$")


@lru_cache(maxsize=4096)
def template_path(path: str) -> str:
    """The path with placeholders: `{uuid}`, `{hex}`, `{id}` (100 and more), `{date}`, `{email}`, `{token}`.

    Leading slash, no trailing one, no query, at most MAX_ROUTE characters; existing placeholders are kept.
    """
    bare = path.split("?", 1)[0].split("#", 1)[0]
    segments = [_segment(_readable(unquote(part))) for part in bare.split("/") if part]
    return ("/" + "/".join(segments))[:MAX_ROUTE]


def path_of(url: str) -> str:
    """The path of an absolute or relative URL; '' when there is none or it cannot be read."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def shape_of(route: str) -> str:
    """The route with `{}` for each placeholder: equal of routes that differ only in how they spell them."""
    return "/".join("{}" if _PLACEHOLDER.fullmatch(part) else part for part in route.split("/"))


def _readable(part: str) -> str:
    return part if part.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in part)


def _segment(part: str) -> str:
    if part.isdecimal():
        return "{id}" if len(part) > 3 or int(part) >= FIRST_ID else part
    if _PLACEHOLDER.fullmatch(part):
        return part
    for pattern, name in ((_UUID, "{uuid}"), (_HEX, "{hex}"), (_DATE, "{date}"), (_EMAIL, "{email}")):
        if pattern.fullmatch(part):
            return name
    return "{token}" if _is_token(part) else part


def _is_token(part: str) -> bool:
    """Whether a segment is long, contains an id (`order-1042`), or mixes digits with upper and lower case."""
    stem = _EXTENSION.sub("", part)
    if len(stem) > LONGEST_WORD:
        return True
    if not any(letter.isdigit() for letter in stem):
        return False
    mixed_case = stem != stem.lower() and stem != stem.upper() and len(stem) >= 8
    return len(stem) >= 16 or mixed_case or _LONG_DIGITS.search(stem) is not None


@lru_cache(maxsize=2048)
def glob(pattern: str) -> Callable[[str], bool]:
    """A test of whole paths, in linear time. `*` matches any characters, slashes included, or none.

    The empty pattern matches all paths; `/a/*` also matches `/a`, because routes have no trailing slash.
    """
    if not pattern.strip("*"):
        return lambda path: True
    below = pattern.endswith("/*") and len(pattern) > 2
    parts = [re2.escape(part) for part in re.split(r"\*+", pattern.removesuffix("/*") if below else pattern)]
    compiled = re2.compile(f"(?s){'.*'.join(parts)}{'(?:/.*)?' if below else ''}", _options())
    return lambda path: compiled.fullmatch(path) is not None


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


@lru_cache(maxsize=2048)
def mounted(route: str, path: str) -> str:
    """The pattern of a URL path whose handler reports `route`; '' where it is the route itself.

    A mounted application reports only its own part of the path: `/preview/{token}` at `/api/beta/preview/abc` gives
    `/api/beta/preview/{token}`, one pattern for each mount point. Where the path does not end in the route, the result
    is the template of the path.
    """
    pattern = template_path(path)
    if pattern in {"/", route}:
        return ""
    match = _at_the_end(route).fullmatch("/" + "/".join(unquote(part) for part in path.split("/") if part))
    if match is None:
        return pattern
    before: str = match.group(1)
    return (template_path(before) + route)[:MAX_ROUTE] if before else ""


@lru_cache(maxsize=1024)
def _at_the_end(route: str) -> re2._Regexp:
    parts = "".join(f"/{_pattern_of(part)}" for part in route.split("/") if part)
    return re2.compile(f"(?si)((?:/[^/]+)*?){parts}/?", _options())


def _pattern_of(part: str) -> str:
    """A regular expression: a placeholder matches one segment, `<path:rest>`, `{rest:path}` and `*` several."""
    if not any(sign in part for sign in "{<[(*:"):
        literal: str = re2.escape(part)
        return literal
    return ".*" if "path" in part or "*" in part else "[^/]+"


def matches(pattern: str, *paths: str) -> bool:
    """Whether any of the paths (route, transaction, URL or its path) matches the glob; a leading method is ignored."""
    test = glob(pattern)
    return any(test(_bare(path)) for path in paths if path)


def _bare(path: str) -> str:
    """The path without method, scheme and host."""
    method, _, rest = path.partition(" ")
    if method.isalpha() and method.isupper() and rest.startswith("/"):
        return rest
    return path_of(path) if "://" in path and not path.startswith("/") else path
