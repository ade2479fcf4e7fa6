"""Errors of the protocol (pure)."""

from __future__ import annotations

from collections.abc import Mapping

# Last cause of a refusal that the right DSN would prevent.
ASK_DSN = "use the project's DSN: the console's admin shows it, bin/manage dsn PROJECT prints it"


class Refused(Exception):
    """A request that is not accepted: HTTP status, what is wrong, and what would be allowed.

    `detail` is one sentence for people; each of `causes` names a place or a limit. They contain no event data, so that
    they can be logged.
    """

    def __init__(self, status: int, detail: str, *causes: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.causes = list(causes)
        self.headers = dict(headers or {})


class NotJson(ValueError):
    """Bytes that are no JSON, even when read leniently; the message says why."""
