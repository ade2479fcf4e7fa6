"""The route of an event: its transaction where that is a path, else its URL rule, else the path of its URL (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import re2

from detections.ingest.protocol.coerce import Json, line
from detections.telemetry.places.numbers import Place, numbers_in
from detections.telemetry.routes import MAX_ROUTE, RESERVED, mounted, path_of, template_path

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
# Where SDKs and OpenTelemetry put the pattern of the URL, beside a transaction that names a function.
_RULE_NAMES = ("http.route", "url_rule", "url.template")
# ASP.NET writes its rules without the first slash: `Orders/{id}`, `api/[controller]/List`.
_RELATIVE_RULE = re2.compile(r"[\w{\[<:*.~?=()-]+(?:/[\w{}\[\]<>:*.~?=()-]+)+/?")


class EventRoute(NamedTuple):
    """Method ('' when unknown), route ('' without transaction and URL), the URL's path pattern where it is not the
    route's, the application's name for the route where it is no path (`orders.show`), and the numbers in the paths that
    were sent as they are."""

    method: str
    route: str
    url_path: str = ""
    handler: str = ""
    numbers: tuple[Place, ...] = ()


class _Handler(NamedTuple):
    """A route, and the path that it is the template of ('' where the application has sent a pattern)."""

    route: str
    sent: str = ""


def route_of(event: Json) -> EventRoute:
    """The route of a normalised event. A method in front of the transaction becomes the method.

    A transaction without a slash names a function (`f`, `orders.show`, `OrdersController#show`): then the URL's rule is
    the route where one was sent, else the URL's path, and without a URL (a background task) the function's name.
    """
    request = event.get("request", {})
    method, name = _split(event.get("transaction", ""))
    method = method or request.get("method", "")
    path = path_of(request.get("url", ""))
    handler = _handler(event, name, path)
    url_path = mounted(handler.route, path) if path and handler.route.startswith("/") else ""
    named = (
        name if handler.route.startswith("/") and not _is_path(name) and name.strip("/") != handler.route[1:] else ""
    )
    return EventRoute(
        method if method in METHODS else "", handler.route, url_path, named, _numbers(handler, url_path, path)
    )


def _handler(event: Json, name: str, path: str) -> _Handler:
    is_rule = event.get("transaction_source") == "route"
    if is_rule and _is_path(name):
        return _Handler((path_of(name) or name).rstrip("/")[:MAX_ROUTE] or "/")
    if "://" in name:
        name = path_of(name)
    if name.startswith("/"):
        return _Handler(template_path(name), name)
    if rule := (_relative_rule(name) if is_rule or "{" in name else "") or _rule_sent(event):
        return _Handler(rule)
    if path:
        return _Handler(template_path(path), path)
    return _Handler(name.strip("()") if name in RESERVED else name[:MAX_ROUTE])


def _numbers(handler: _Handler, url_path: str, path: str) -> tuple[Place, ...]:
    """Those of the paths that are templates of what was sent; what an application writes into a pattern is no id."""
    found = numbers_in(handler.sent) if handler.sent else ()
    if url_path and path != handler.sent:
        found += numbers_in(path if template_path(path) == url_path else url_path)
    return found


def _relative_rule(name: str) -> str:
    return f"/{name}".rstrip("/")[:MAX_ROUTE] if _RELATIVE_RULE.fullmatch(name) else ""


def _rule_sent(event: Json) -> str:
    """The pattern of the URL that the event carries beside its transaction; '' without one."""
    rules = (line(value, MAX_ROUTE) for value in _rules(event) if isinstance(value, str))
    return next((rule.rstrip("/") or "/" for rule in rules if rule.startswith("/")), "")


def _rules(event: Json) -> Iterator[Any]:
    trace = event.get("contexts", {}).get("trace")
    data = trace.get("data") if isinstance(trace, dict) else None
    places = (data, event.get("tags"), event.get("extra"))
    return (place.get(name) for place in places if isinstance(place, dict) for name in _RULE_NAMES)


def _is_path(name: str) -> bool:
    return name.startswith(("/", "http://", "https://"))


def _split(transaction: str) -> tuple[str, str]:
    method, _, rest = transaction.partition(" ")
    return (method, rest.strip()) if method in METHODS and rest else ("", transaction)
