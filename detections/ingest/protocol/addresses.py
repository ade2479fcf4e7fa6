"""The addresses of ingest (pure): `/api/<project>/envelope|store|security/`, with or without the last slash."""

from __future__ import annotations

import re

_PATH = re.compile(r"/api/(?!v\d+/)([^/]+)/(envelope|store|security)/?")


def match_address(path: str) -> tuple[str, str] | None:
    """Project, as written, and kind of a path; None for other pages."""
    match = _PATH.fullmatch(path)
    return (match[1], match[2]) if match else None
