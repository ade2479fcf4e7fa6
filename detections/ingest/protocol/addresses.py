"""The addresses of ingest (pure): `/api/<project>/envelope|store|security/`, with or without the last slash.

`csp-report` and `nel` are Sentry's other names of `security`.
"""

from __future__ import annotations

import re

_PATH = re.compile(r"/api/(?!v\d+/)([^/]+)/(envelope|store|security|csp-report|nel)/?")
_OTHER_NAMES = {"csp-report": "security", "nel": "security"}


def match_address(path: str) -> tuple[str, str] | None:
    """Project, as written, and kind of a path; None for other pages."""
    match = _PATH.fullmatch(path)
    return (match[1], _OTHER_NAMES.get(match[2], match[2])) if match else None
