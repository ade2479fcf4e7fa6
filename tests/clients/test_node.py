"""@sentry/node of every major that is still met."""

from __future__ import annotations

import pytest

from tests.clients import checks
from tests.clients.environments import node_with
from tests.clients.received import Reader
from tests.console import Console

pytestmark = pytest.mark.needs("npm", "node")

COUNTED = frozenset({"unused:attachment", "unused:check_in", "unused:session"})
MODERN = COUNTED | {"client:before_send", "unused:feedback"}


@pytest.mark.parametrize(
    ("release", "counted"),
    [
        ("7.120.4", COUNTED | {"unused:transaction"}),
        ("8.55.0", MODERN | {"unused:transaction"}),
        ("10.78.0", MODERN | {"unused:transaction"}),
        ("11.12.0", MODERN | {"unused:span"}),  # it sends each span when it ends, and no transactions
    ],
)
def test_what_a_release_sends(
    console: Console, reader: Reader, read_token: str, release: str, counted: frozenset[str]
) -> None:
    project = f"node-{release.partition('.')[0]}"
    folder = node_with(f"@sentry/node@{release}")

    checks.send("node", checks.SENDERS / "node.js", folder, reader.of(project).dsn)
    received = reader.settled(project, events=5, counted=counted)

    checks.in_order(received, "sentry.javascript.node", events=5)
    assert checks.message(received)["body"]["contexts"]["cart"] == {"items": 3}
    event = checks.exception(received, "RangeError", "TypeError", route="/orders/:id")
    newest = checks.newest_frame(event)
    assert (newest["filename"], newest["function"]) == (str(checks.SENDERS / "node.js"), "loadOrder")
    assert newest["context_line"].strip().startswith("throw new RangeError(")
    checks.one_issue_by_fingerprint(received, {"Error", "SyntaxError"})
    checks.told_by_the_api(console, read_token, project, received)
