"""Answers of the server itself, in the form that the address's clients read: SDKs, the API, people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from detections.ingest.protocol.addresses import match_address
from detections.ingest.protocol.errors import Refused
from detections.ingest.protocol.responses import refusal

API = "/api/v1/"
RETRY_AFTER = {"Retry-After": "10"}  # seconds
Rendered = tuple[str, list[tuple[str, str]], bytes]


def rendered(refused: Refused, path: str, browser: bool) -> Rendered:
    """Status line, headers and body. `browser`: the request has an Origin."""
    if match_address(path) is not None:
        return refusal(refused).wsgi(browser)
    phrase = HTTPStatus(refused.status).phrase
    if path.startswith(API):
        detail = " ".join([refused.detail, *refused.causes])
        problem = {"type": "about:blank", "title": phrase, "status": refused.status, "detail": detail}
        kind, body = "application/problem+json", msgspec.json.encode(problem)
    else:
        kind, body = "text/plain; charset=utf-8", "\n".join([refused.detail, *refused.causes, ""]).encode()
    headers = [*refused.headers.items(), ("Content-Length", str(len(body))), ("Content-Type", kind)]
    return f"{refused.status} {phrase}", headers, body


def as_refused(error: Any, body_limit: int, head_limit: int) -> Refused:
    """What to answer for the error of a request: a Refused, or one of waitress's, whose texts repeat the request."""
    if isinstance(error, Refused):
        return error
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused(413, "The body is too large.", f"allowed: {body_limit} bytes")
    if error.code == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return Refused(431, "The headers are too large.", f"allowed: {head_limit} bytes")
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refused(500, "The console failed to answer.", "see its log")
    return Refused(400, "The request is malformed.", "first line and headers")


def cut_short() -> Refused:
    """For a request whose client stopped sending before its end."""
    return Refused(400, "The request ended before it was whole.", "connection")


def not_buffered() -> Refused:
    """For a body that the disk does not take."""
    return Refused(503, "The body could not be buffered.", "disk", headers=RETRY_AFTER)


def too_late(what: str, allowed: str) -> Refused:
    """For a request that arrives too slowly."""
    return Refused(408, what, allowed)


def too_many(allowed: int) -> Refused:
    """For a request of an address that has too many unfinished ones."""
    cause = f"allowed: {allowed} at a time in each web process"
    return Refused(503, "This address has too many unfinished requests.", cause, headers=RETRY_AFTER)


def too_much(allowed: int) -> Refused:
    """For a body that finds no room beside others."""
    cause = f"allowed: {allowed} bytes at a time in each web process"
    return Refused(503, "Too much is being sent to the console.", cause, headers=RETRY_AFTER)
