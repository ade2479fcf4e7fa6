"""sentry-sdk from 0.14 to the newest release, on the Python that runs the tests."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.clients import checks
from tests.clients.environments import python_with
from tests.clients.received import Reader
from tests.console import Console

CERTIFI = "certifi==2025.11.12"
URLLIB3 = "urllib3==2.5.0"
URLLIB3_1 = "urllib3==1.26.20"  # these releases pass options to it that 2.x does not take
COUNTED = frozenset({"client:before_send", "unused:transaction", "unused:attachment"})
MODERN = COUNTED | {"unused:check_in", "unused:session"}


@dataclass(frozen=True)
class SdkRelease:
    """A release with what it needs, and what the application's run makes of it."""

    project: str
    pins: tuple[str, ...]
    events: int
    counted: frozenset[str]  # reasons for which what else it sends is not stored


RELEASES = (
    SdkRelease("python-newest", ("sentry-sdk==2.75.0", URLLIB3, CERTIFI), 5, MODERN),
    SdkRelease("python-2-0", ("sentry-sdk==2.0.1", URLLIB3, CERTIFI), 5, MODERN),
    SdkRelease("python-1-40", ("sentry-sdk==1.40.6", URLLIB3_1, CERTIFI), 5, COUNTED),
    # It has no attachments and no client reports, and posts its transactions to /store/.
    SdkRelease("python-0-14", ("sentry-sdk==0.14.4", URLLIB3_1, CERTIFI), 4, frozenset({"unused:transaction"})),
)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.project)
def test_what_a_release_sends(console: Console, reader: Reader, read_token: str, release: SdkRelease) -> None:
    python = python_with(*release.pins)

    checks.send(python, checks.SENDERS / "sentry_python.py", reader.of(release.project).dsn)
    received = reader.settled(release.project, events=release.events, counted=release.counted)

    checks.in_order(received, "sentry.python", events=release.events)
    assert checks.message(received)["body"]["contexts"]["cart"] == {"items": 3}
    event = checks.exception(received, "LookupError", "OSError", route="/orders/{id}")
    newest = checks.newest_frame(event)
    assert (newest["module"], newest["function"]) == ("__main__", "load_order")
    assert newest["context_line"].strip().startswith("raise LookupError(")
    assert newest["vars"]["number"] == "7"
    checks.one_issue_by_fingerprint(received, {"ValueError", "KeyError"})
    checks.told_by_the_api(console, read_token, release.project, received)
