"""Does the web process answer? (no ORM)"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from opsconsole.env import WILDCARDS, read
from opsconsole.runtime.supervisor.options import Options

TIMEOUT = 1.0  # seconds; the supervisor passes on no lines meanwhile


def is_ready(options: Options) -> bool:
    """Whether web runs and reaches PostgreSQL and Redis. A console that still catches up on missed slots (/readyz says
    503 and why) is there for people, and is announced."""
    answer = ask(options)
    return answer is not None and answer.get("postgresql") == "ok" == answer.get("redis")


def ask(options: Options) -> dict[str, Any] | None:
    """What /readyz says, with whatever status; None when nothing, or nothing sensible, answers in time."""
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
