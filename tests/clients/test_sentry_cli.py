"""sentry-cli, by which shell scripts and cron jobs report; npm brings its binary."""

from __future__ import annotations

import pytest

from tests.clients import checks
from tests.clients.environments import node_with
from tests.clients.received import Reader
from tests.console import Console

PROJECT = "sentry-cli"
OPTIONS = (
    *("--release", "shop@3.2.1", "--env", "production", "--level", "warning", "--platform", "python"),
    *("--tag", "component:checkout", "--user", "id:42", "--user", "email:ada@example.org", "--no-environ"),
)


@pytest.mark.needs("npm", "node")
def test_what_a_command_sends(console: Console, reader: Reader, read_token: str) -> None:
    cli = node_with("@sentry/cli@3.8.0") / "node_modules" / ".bin" / "sentry-cli"
    dsn = reader.of(PROJECT).dsn

    checks.send(cli, "send-event", "--message", checks.MESSAGE, *OPTIONS, SENTRY_DSN=dsn)
    for text in ("backup of %s failed", "backup of the disk failed"):
        command = ("send-event", "--message", text, "--message-arg", "db-1", "--fingerprint", "backup")
        checks.send(cli, *command, *OPTIONS, SENTRY_DSN=dsn)
    received = reader.settled(PROJECT, events=3)

    checks.in_order(received, "sentry-cli", events=3)
    checks.message(received)
    failed = [event for event in received.events if event["title"] != checks.MESSAGE]
    assert len({event["issue"] for event in failed}) == 1
    assert "backup of db-1 failed" in [event["message"] for event in failed]
    checks.told_by_the_api(console, read_token, PROJECT, received)
