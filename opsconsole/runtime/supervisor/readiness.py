"""Asks the web process for its state (no ORM)."""

from __future__ import annotations

import http.client
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from opsconsole.env.variables import WILDCARDS, read
from opsconsole.runtime.supervisor.options import Options

TIMEOUT = 1.0  # seconds; the supervisor prints no lines while it waits
TOKEN = "OPSCONSOLE_METRICS_TOKEN"  # noqa: S105 - the name of the variable


def is_ready(options: Options) -> bool:
    """Whether web answers and reaches PostgreSQL and Redis."""
    answer = get_readyz(options)
    return answer is not None and answer.get("postgresql") == "ok" == answer.get("redis")


def with_token(environ: dict[str, str]) -> None:
    """Add a token to the environment of the console unless it has one: its own questions need the details."""
    if not read(TOKEN, environ):
        environ[TOKEN] = secrets.token_urlsafe(32)


def get_readyz(options: Options, timeout: float = TIMEOUT) -> dict[str, Any] | None:
    """The JSON object of /readyz, whatever its status; None if there is no such answer within `timeout` seconds."""
    public = read("OPSCONSOLE_PUBLIC_URL", options.environ) or options.url
    headers = {"Host": urlsplit(public).netloc, "X-Forwarded-Proto": urlsplit(public).scheme}
    if token := read(TOKEN, options.environ):
        headers["Authorization"] = f"Bearer {token}"
    host = WILDCARDS.get(options.host, options.host)
    connection = http.client.HTTPConnection(host, options.port, timeout=timeout)
    try:
        connection.request("GET", "/readyz", headers=headers)
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else None
