"""Asks the web process for its state (no ORM)."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from opsconsole.env import WILDCARDS, read
from opsconsole.runtime.supervisor.options import Options

TIMEOUT = 1.0  # seconds; the supervisor prints no lines while it waits


def is_ready(options: Options) -> bool:
    """Whether web answers and reaches PostgreSQL and Redis.

    A console that still evaluates missed slots, for which /readyz answers 503, counts as ready: people can use it.
    """
    answer = get_readyz(options)
    return answer is not None and answer.get("postgresql") == "ok" == answer.get("redis")


def get_readyz(options: Options) -> dict[str, Any] | None:
    """The JSON object of /readyz, whatever its status; None if there is no such answer within TIMEOUT."""
    public = read("OPSCONSOLE_PUBLIC_URL", options.environ) or options.url
    headers = {"Host": urlsplit(public).netloc, "X-Forwarded-Proto": urlsplit(public).scheme}
    host = WILDCARDS.get(options.host, options.host)
    connection = http.client.HTTPConnection(host, options.port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/readyz", headers=headers)
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else None
