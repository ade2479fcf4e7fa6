"""Pure: what a person writes for a route, as the glob that selects it (no ORM).

People paste what they see: `GET /api/orders/*`, an address from the browser, a route in the spelling of another
framework. `read_route` takes off what can be part of no route; `alternatives` are other readings, of which one is right
where routes match it. The glob of a rule that was saved is left as it is: it is read only when somebody changes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from detections.ingest.event.route import METHODS
from detections.telemetry.places.numbers import ID
from detections.telemetry.routes import MAX_ROUTE, glob, path_of, shape_of, template_path

_METHOD = re.compile(r"([A-Za-z]+):?\s+(?=[/*]|https?://)")
_ADDRESS = re.compile(r"(?i)https?://")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?::\d+)?(?=/)|localhost(?::\d+)?(?=/)")
_MOUNTED = re.compile(r"(?P<route>.*?) \(at /.*\)")  # as the label of a series has its URL's path
_FOLDED = re.compile(r".* \(within (?P<glob>[^,]+).*\)")
# A question mark within a placeholder (`{id?}`, `(?P<id>…)`) begins no query.
_PLACEHOLDER = re.compile(r"\{[^/{}]*\}|<[^/<>]*>|\(\?.*", re.DOTALL)
_QUERY = re.compile(r"[?#]")
_SLASHES = re.compile(r"/{2,}")


@dataclass(frozen=True)
class WrittenRoute:
    """A glob over routes, and a sentence on each thing that is different from what was written."""

    glob: str
    notes: tuple[str, ...] = ()

    def and_then(self, pattern: str, note: str) -> WrittenRoute:
        """Another glob, with one note more."""
        return WrittenRoute(pattern, (*self.notes, note))


def read_route(text: str) -> WrittenRoute:
    """The glob, without method, host, query and slash at the end."""
    route, notes = text.strip(), []
    for take in (_without_label, _without_method, _without_query, _without_host, _without_slashes):
        route, note = take(route)
        notes += [note] if note else []
    return WrittenRoute(route[:MAX_ROUTE], tuple(notes))


def alternatives(written: WrittenRoute) -> Iterator[WrittenRoute]:
    """What was written, then what else it may mean; each once."""
    given: set[str] = set()
    for each in _readings(written):
        if each.glob not in given:
            given.add(each.glob)
            yield each


def in_their_spelling(pattern: str, routes: Collection[str]) -> str:
    """The glob with its placeholders as those of the routes that match it but for them: `/orders/:id` becomes
    `/orders/{id}`. Empty where none does, or where they are spelt in several ways."""
    fits: Callable[[str], bool] = glob(shape_of(pattern))
    spelt = {_spelt(pattern, route) for route in routes if fits(shape_of(route))}
    return spelt.pop() if len(spelt) == 1 else ""


def _readings(written: WrittenRoute) -> Iterator[WrittenRoute]:
    yield written
    pattern = written.glob
    if pattern and not pattern.startswith(("/", "*")):
        host = _HOST.match(pattern)
        route = pattern[host.end() :] if host else f"/{pattern}"
        note = (
            f"{host[0]} was taken off: a route is a path, whatever the host."
            if host
            else "A slash was put in front: routes are paths."
        )
        written = written.and_then(route, note)
        yield written
    for templated in (_templated(written.glob), _with_ids(written.glob)):
        yield written.and_then(templated, f"What differs from request to request is one route: {_shown(templated)}.")


def _templated(pattern: str) -> str:
    return "/".join(part if "*" in part else template_path(part).lstrip("/") for part in pattern.split("/"))


def _with_ids(pattern: str) -> str:
    return "/".join(ID if part.isdecimal() else part for part in _templated(pattern).split("/"))


def _spelt(pattern: str, route: str) -> str:
    """The glob with the route's placeholders, up to the first `*`."""
    parts, of_route = pattern.split("/"), route.split("/")
    for index, part in enumerate(parts):
        if "*" in part or index >= len(of_route):
            break
        if shape_of(f"/{part}") == shape_of(f"/{of_route[index]}"):
            parts[index] = of_route[index]
    return "/".join(parts)


def _without_label(text: str) -> tuple[str, str]:
    if folded := _FOLDED.fullmatch(text):
        return folded["glob"].strip(), ""
    mounted = _MOUNTED.fullmatch(text)
    return (mounted["route"], "") if mounted else (text, "")


def _without_method(text: str) -> tuple[str, str]:
    found = _METHOD.match(text)
    if found is None or found[1].upper() not in METHODS:
        return text, ""
    return text[
        found.end() :
    ], f"{found[1].upper()} was taken off: a rule selects routes by their path, under every method."


def _without_query(text: str) -> tuple[str, str]:
    found = _QUERY.search(_PLACEHOLDER.sub(lambda part: "x" * len(part[0]), text))
    if found is None:
        return text, ""
    return text[: found.start()].strip(), f"{_shown(text[found.start() :])} was taken off: a route has no query."


def _without_host(text: str) -> tuple[str, str]:
    if _ADDRESS.match(text) is None:
        return text, ""
    path = path_of(text)
    host = text.partition("://")[2].partition("/")[0]
    return unquote(path) or "/", f"{_shown(host)} was taken off: a route is a path, whatever the host."


def _without_slashes(text: str) -> tuple[str, str]:
    if not text.startswith("/"):
        return text, ""
    route = _SLASHES.sub("/", text)
    shorter = route.rstrip("/") or "/"
    return shorter, "The slash at the end was taken off: routes have none." if shorter != route else ""


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
