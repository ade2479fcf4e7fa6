"""Responses of the ingest endpoints for WSGI: JSON bodies, CORS for browser SDKs (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from detections.ingest.protocol.errors import Refused

# Keys are public and write-only, so every origin may send; no cookie is read.
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
        """Status line, headers and body; with CORS headers for a browser (which sends Origin)."""
        body = b"" if self.content is None else msgspec.json.encode(self.content)
        headers = [*self.headers.items(), ("Content-Length", str(len(body)))]
        if self.content is not None:
            headers.append(("Content-Type", "application/json"))
        if browser:
            headers += CORS.items()
        return f"{self.status} {_PHRASES[self.status]}", headers, body


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def refusal(refused: Refused) -> Answer:
    """The response to a refused request; the detail also in X-Sentry-Error, which SDKs log."""
    content = {"detail": refused.detail, "causes": refused.causes}
    return Answer(refused.status, content, {"X-Sentry-Error": refused.detail, **refused.headers})


def preflight() -> Answer:
    """The response to a browser's preflight request (OPTIONS)."""
    return Answer(204, None, PREFLIGHT)
