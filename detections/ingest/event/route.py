"""The route of an event: its transaction where that is a path, else the path of its URL (pure)."""

from __future__ import annotations

from typing import NamedTuple

from detections.ingest.protocol.coerce import Json
from detections.telemetry.routes import MAX_ROUTE, RESERVED, mounted, path_of, template_path

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}


class EventRoute(NamedTuple):
    """Method ('' when unknown), route ('' without transaction and URL), and the URL's path pattern where it is not the
    route's."""

    method: str
    route: str
    url_path: str = ""


def route_of(event: Json) -> EventRoute:
    """The route of a normalised event. A method in front of the transaction becomes the method.

    A transaction without a slash names a function (Flask sends `f`): then the URL's path is the route, and without a
    URL (a background task) the function's name.
    """
    method, route = _handler(event)
    path = path_of(event.get("request", {}).get("url", ""))
    return EventRoute(method, route, mounted(route, path) if path and route.startswith("/") else "")


def _handler(event: Json) -> tuple[str, str]:
    request = event.get("request", {})
    method, name = _split(event.get("transaction", ""))
    method = method or request.get("method", "")
    method = method if method in METHODS else ""
    if name.startswith(("/", "http://", "https://")) and event.get("transaction_source") == "route":
        return method, (path_of(name) or name).rstrip("/")[:MAX_ROUTE] or "/"
    if "://" in name:
        name = path_of(name)
    if name.startswith("/"):
        return method, template_path(name)
    path = path_of(request.get("url", ""))
    if path:
        return method, template_path(path)
    return method, name.strip("()") if name in RESERVED else name[:MAX_ROUTE]


def _split(transaction: str) -> tuple[str, str]:
    method, _, rest = transaction.partition(" ")
    return (method, rest.strip()) if method in METHODS and rest else ("", transaction)
