"""What every client of this folder sends, and what the console must make of it.

All say that they are `shop@3.2.1` in `production`, of user 42, with the tag `component`.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from tests.clients.received import Received
from tests.console import Console

SENDERS = Path(__file__).parent / "senders"
MESSAGE = "The export takes long"
_SEND_TIMEOUT = 120.0  # seconds; a client waits for its answers, and the machine is shared


def send(*command: str | Path, **environ: str) -> None:
    """Run a client to its end. Its environment is nearly empty, so that nothing of the tests configures it."""
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | environ
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=_SEND_TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def in_order(received: Received, sdk: str, *, events: int) -> None:
    """Every event was taken, once, and nothing that is none, such as a transaction; each names its SDK, where it comes
    from and whom it met. Nothing was set aside or refused."""
    assert received.quarantined == []
    assert len(received.events) == events, [event["title"] for event in received.events]
    # What is not stored is counted by its type; what a client drops, or may not send for now, by its reason.
    assert {reason.partition(":")[0] for reason in received.discards} <= {"unused", "client"}
    for event in received.events:
        assert event["body"]["sdk"]["name"] == sdk
        assert (event["environment"], event["release"]) == ("production", "shop@3.2.1")
        assert event["tags"]["component"] == "checkout"
        assert event["body"]["user"]["id"] == "42"
        assert event["user_hash"] is not None
        assert "{{auto}}" not in str(event["body"])
    assert len({event["user_hash"] for event in received.events}) == 1


def message(received: Received) -> dict[str, Any]:
    """The message, which has a level of its own and is no error."""
    event = received.one(MESSAGE)
    assert (event["level"], event["kind"], event["exception_type"]) == ("warning", "message", "")
    return event


def exception(received: Received, raised: str, cause: str, *, route: str = "") -> dict[str, Any]:
    """The error of loadOrder with the one that caused it, both with the lines of their stacks."""
    event = received.one(f"{raised}: order 7 is away")
    assert (event["level"], event["kind"]) == ("error", "error")
    assert event["transaction"] == route
    kept = [(each["type"], each["value"]) for each in event["body"]["exception"]]
    assert kept == [(cause, "no route to db-1"), (raised, "order 7 is away")]
    assert any(each.get("message") == "SELECT 1" for each in event["body"]["breadcrumbs"])
    return event


def one_issue_by_fingerprint(received: Received, types: set[str]) -> None:
    """Two different errors with one fingerprint are one issue, in which nothing else is."""
    pair = [event for event in received.events if event["exception_type"] in types and "order" not in event["message"]]
    assert {event["exception_type"] for event in pair} == types
    assert len({event["issue"] for event in pair}) == 1
    assert len([event for event in received.events if event["issue"] == pair[0]["issue"]]) == len(pair)


def told_by_the_api(console: Console, token: str, project: str, received: Received) -> None:
    """The API lists the same issues with as many events; all are of one user."""
    found = console.api(f"issues/?project={project}&limit=50", token)["items"]
    stored = Counter(event["title"] for event in received.events)
    assert {each["title"]: each["events"] for each in found} == stored
    assert {each["users"] for each in found} == {1}


def newest_frame(event: dict[str, Any]) -> dict[str, Any]:
    """The innermost frame of the exception that an event reports."""
    frame: dict[str, Any] = event["body"]["exception"][-1]["frames"][-1]
    return frame
