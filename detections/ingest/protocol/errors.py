"""The one way to say no to a client (pure)."""

from __future__ import annotations

from collections.abc import Mapping

# Last among the causes of a refusal that a right DSN would mend.
ASK_DSN = "use the project's DSN: the console's admin shows it, bin/manage dsn PROJECT prints it"


class Refused(Exception):
    """A request that is not accepted: HTTP status, what is wrong, and what would be allowed.

    `detail` is one sentence for people; `causes` name the places or limits, one each. Nothing in them repeats
    event data, so that they can be logged.
    """

    def __init__(self, status: int, detail: str, *causes: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.causes = list(causes)
        self.headers = dict(headers or {})


class NotJson(ValueError):
    """Bytes that no reading, however lenient, turns into JSON; the text says why."""
