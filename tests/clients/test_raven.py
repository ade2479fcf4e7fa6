"""raven 6, the SDK before sentry-sdk, which still sends somewhere: store requests, not envelopes."""

from __future__ import annotations

from tests.clients import checks
from tests.clients.environments import python_with
from tests.clients.received import Reader
from tests.console import Console

PROJECT = "raven"


def test_what_it_sends(console: Console, reader: Reader, read_token: str) -> None:
    python = python_with("raven==6.10.0", "setuptools==69.5.1")  # it reads its version by pkg_resources

    checks.send(python, checks.SENDERS / "raven_python.py", reader.of(PROJECT).dsn)
    received = reader.settled(PROJECT, events=4)

    checks.in_order(received, "raven-python", events=4)
    checks.message(received)
    event = checks.exception(received, "LookupError", "OSError", route="/orders/{id}")
    newest = checks.newest_frame(event)
    assert (newest["module"], newest["function"]) == ("__main__", "load_order")
    assert newest["context_line"].strip().startswith("raise LookupError(")
    checks.one_issue_by_fingerprint(received, {"ValueError", "KeyError"})
    checks.told_by_the_api(console, read_token, PROJECT, received)
