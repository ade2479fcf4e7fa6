"""Answers of the ingest endpoints as WSGI sends them (pure): JSON bodies, CORS for browser SDKs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from detections.ingest.protocol.errors import Refused

# Keys are public and write-only, so any page may send; no cookie is read here.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authentication, Authorization, Baggage, Content-Encoding, Content-Type, Origin, "
    "Sentry-Trace, X-Requested-With, X-Sentry-Auth, Accept, Transfer-Encoding, Referer",
    "Access-Control-Max-Age": "3600",
    "Allow": "POST, OPTIONS",
}


@dataclass(slots=True)
class Answer:
    """Status, JSON body (None: empty) and further headers."""

    status: int
    content: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def wsgi(self, browser: bool) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, all headers, body; CORS headers only for a browser (it sends Origin)."""
        body = b"" if self.content is None else msgspec.json.encode(self.content)
        headers = [*self.headers.items(), ("Content-Length", str(len(body)))]
        if self.content is not None:
            headers.append(("Content-Type", "application/json"))
        if browser:
            headers += CORS.items()
        return f"{self.status} {_PHRASES[self.status]}", headers, body


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def refusal(refused: Refused) -> Answer:
    """What is wrong and what would be allowed; also in a header, where SDKs log it from."""
    content = {"detail": refused.detail, "causes": refused.causes}
    return Answer(refused.status, content, {"X-Sentry-Error": refused.detail, **refused.headers})


def preflight() -> Answer:
    return Answer(204, None, PREFLIGHT)
