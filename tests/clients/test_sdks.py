"""The SDKs that others wrote, as their registries give them: what they send arrives, and is what the pages need.

They share one file and so one console, each with a project of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CHROMIUM
from tests.clients import checks
from tests.clients.environments import node_with, python_with
from tests.clients.pages import PAGES, SdkPage, site, visit
from tests.clients.received import Reader
from tests.console import Console

NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium here")

CERTIFI = "certifi==2025.11.12"
URLLIB3 = "urllib3==2.5.0"
URLLIB3_1 = "urllib3==1.26.20"  # these releases pass options to it that 2.x does not take
PYTHON_1 = frozenset({"client:before_send", "unused:transaction", "unused:attachment"})
PYTHON_2 = PYTHON_1 | {"unused:check_in", "unused:session"}


@dataclass(frozen=True)
class SdkRelease:
    """A release with what it needs, and what the application's run makes of it."""

    project: str
    pins: tuple[str, ...]
    events: int
    counted: frozenset[str]  # reasons for which what else it sends is not stored


PYTHON_RELEASES = (
    SdkRelease("python-newest", ("sentry-sdk==2.75.0", URLLIB3, CERTIFI), 5, PYTHON_2),
    SdkRelease("python-2-0", ("sentry-sdk==2.0.1", URLLIB3, CERTIFI), 5, PYTHON_2),
    SdkRelease("python-1-40", ("sentry-sdk==1.40.6", URLLIB3_1, CERTIFI), 5, PYTHON_1),
    # It has no attachments and no client reports, and posts its transactions to /store/.
    SdkRelease("python-0-14", ("sentry-sdk==0.14.4", URLLIB3_1, CERTIFI), 4, frozenset({"unused:transaction"})),
)


@pytest.mark.parametrize("release", PYTHON_RELEASES, ids=lambda release: release.project)
def test_sentry_sdk(console: Console, reader: Reader, read_token: str, release: SdkRelease) -> None:
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


def test_raven(console: Console, reader: Reader, read_token: str) -> None:
    python = python_with("raven==6.10.0", "setuptools==69.5.1")  # it reads its version by pkg_resources

    checks.send(python, checks.SENDERS / "raven_python.py", reader.of("raven").dsn)
    received = reader.settled("raven", events=4)

    checks.in_order(received, "raven-python", events=4)
    checks.message(received)
    event = checks.exception(received, "LookupError", "OSError", route="/orders/{id}")
    newest = checks.newest_frame(event)
    assert (newest["module"], newest["function"]) == ("__main__", "load_order")
    assert newest["context_line"].strip().startswith("raise LookupError(")
    checks.one_issue_by_fingerprint(received, {"ValueError", "KeyError"})
    checks.told_by_the_api(console, read_token, "raven", received)


NODE_7 = frozenset({"unused:attachment", "unused:check_in", "unused:session"})
NODE_8 = NODE_7 | {"client:before_send", "unused:feedback"}


@pytest.mark.needs("npm", "node")
@pytest.mark.parametrize(
    ("release", "counted"),
    [
        ("7.120.4", NODE_7 | {"unused:transaction"}),
        ("8.55.0", NODE_8 | {"unused:transaction"}),
        ("10.78.0", NODE_8 | {"unused:transaction"}),
        ("11.12.0", NODE_8 | {"unused:span"}),  # it sends each span when it ends, and no transactions
    ],
)
def test_sentry_node(console: Console, reader: Reader, read_token: str, release: str, counted: frozenset[str]) -> None:
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


@pytest.mark.needs("npm", "node")
@NEEDS_CHROMIUM
@pytest.mark.parametrize("sdk", PAGES, ids=lambda sdk: sdk.project)
def test_sentry_browser(
    page: Page, console: Console, reader: Reader, read_token: str, tmp_path: Path, sdk: SdkPage
) -> None:
    sdk.make(tmp_path)
    with site(tmp_path) as url:
        visit(page, f"{url}/", reader.of(sdk.project).dsn)
        received = reader.settled(sdk.project, events=4, counted=sdk.counted)

    checks.in_order(received, "sentry.javascript.browser", events=4)
    checks.message(received)
    event = received.one("RangeError: order 7 is away")
    assert (event["level"], event["kind"], event["handled"]) == ("error", "error", sdk.handled)
    newest = checks.newest_frame(event)
    assert newest["filename"].endswith(f"/assets/{sdk.script}")
    assert newest["function"].endswith(sdk.function)
    assert newest["lineno"] > 0
    assert newest["colno"] > 0
    checks.one_issue_by_fingerprint(received, {"Error", "SyntaxError"})
    checks.told_by_the_api(console, read_token, sdk.project, received)


CLI_OPTIONS = (
    *("--release", "shop@3.2.1", "--env", "production", "--level", "warning", "--platform", "python"),
    *("--tag", "component:checkout", "--user", "id:42", "--user", "email:ada@example.org", "--no-environ"),
)


@pytest.mark.needs("npm", "node")
def test_sentry_cli(console: Console, reader: Reader, read_token: str) -> None:
    cli = node_with("@sentry/cli@3.8.0") / "node_modules" / ".bin" / "sentry-cli"
    dsn = reader.of("sentry-cli").dsn

    checks.send(cli, "send-event", "--message", checks.MESSAGE, *CLI_OPTIONS, SENTRY_DSN=dsn)
    for text in ("backup of %s failed", "backup of the disk failed"):
        command = ("send-event", "--message", text, "--message-arg", "db-1", "--fingerprint", "backup")
        checks.send(cli, *command, *CLI_OPTIONS, SENTRY_DSN=dsn)
    received = reader.settled("sentry-cli", events=3)

    checks.in_order(received, "sentry-cli", events=3)
    checks.message(received)
    failed = [event for event in received.events if event["title"] != checks.MESSAGE]
    assert len({event["issue"] for event in failed}) == 1
    assert "backup of db-1 failed" in [event["message"] for event in failed]
    checks.told_by_the_api(console, read_token, "sentry-cli", received)
