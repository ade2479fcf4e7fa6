"""Somebody is told: paged into a Slack, the alert opened from there on a phone, taken, handed over and resolved."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.console import PASSWORD, Console, copy_of, running
from tests.receivers.slack import SlackMessage, SlackServer
from tests.waiting import until

PHONE = {"width": 375, "height": 812}
CRITICAL, NEIGHBOUR = "/api/beta/preview/x", "/api/orders"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory, slack: SlackServer) -> Iterator[Console]:
    """A console of its own, connected by one line."""
    data = copy_of(prepared_data, tmp_path_factory.mktemp("paged") / "data")
    with running(data, OPSCONSOLE_SLACK_WEBHOOK_URL=slack.hook, OPSCONSOLE_OUTBOUND_ALLOW="127.0.0.0/8") as console:
        yield console


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def send(console: Console, dsn: str, route: str, kind: str, text: str) -> None:
    key, project = dsn.split("//")[1].split("@", maxsplit=1)[0], dsn.rsplit("/", 1)[1]
    event = {
        "platform": "python",
        "level": "error",
        "timestamp": time.time(),
        "environment": "production",
        "transaction": route,
        "exception": {"values": [{"type": kind, "value": text}]},
    }
    for _ in range(12):
        sent = requests.post(f"{console.url}/api/{project}/store/?sentry_key={key}", json=event, timeout=30)
        assert sent.status_code == 200, sent.text


def message(slack: SlackServer, *texts: str) -> SlackMessage:
    """The newest message with all the texts."""

    def found() -> list[SlackMessage]:
        return [each for each in slack.messages if all(text in each.shown for text in texts)]

    until(lambda: bool(found()), what=f"a message with {texts} in Slack")
    return found()[-1]


def link_in(told: SlackMessage) -> str:
    """The address of the alert in the message."""
    found = re.search(r"https?://[^\s|>\"]+/alerts/\d+/", str(told.body))
    assert found is not None
    return found[0]


def resolve(page: Page) -> None:
    page.locator("#episode").get_by_role("button", name="Resolve").first.click()
    expect(page.locator("#episode").get_by_role("button", name="Resolve")).to_have_count(0)
    expect(page.locator("#episode")).to_contain_text("Resolved by admin")


def test_a_responder_is_paged_and_does_all_of_it_on_a_phone(phone: Page, console: Console, slack: SlackServer) -> None:
    _, dsn = console.manage_all(
        ("sign", "raptor/prod", "SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND", "--by", "admin"), ("dsn", "raptor")
    )
    send(console, dsn, CRITICAL, "RuntimeError", "beta_token_verifier: Console returned 403")
    send(console, dsn, NEIGHBOUR, "ValueError", "no such order")
    address = link_in(message(slack, "Critical", "DET-BETA-003"))
    neighbour = link_in(message(slack, NEIGHBOUR))

    phone.goto(address)  # asks for the login first, and then shows the alert
    phone.get_by_label("Login").fill("admin")
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name="Sign in", exact=True).click()
    expect(phone).to_have_url(address)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("12 errors")
    phone.get_by_role("button", name="Acknowledge").first.click()
    expect(phone.locator("#episode")).to_contain_text("Acknowledged by admin")
    message(slack, "Acknowledged by admin")

    phone.get_by_role("link", name="Hand over").click()
    phone.get_by_label("To", exact=True).select_option("sre-agent")
    phone.get_by_role("button", name="Hand over").click()
    expect(phone.locator("#who-has-it").locator("xpath=../..")).to_contain_text("sre-agent")

    phone.goto(neighbour)
    phone.locator("#episode").get_by_role("link", name="Silence").first.click()
    phone.get_by_label("Reason").fill("the orders team is on it")
    phone.get_by_role("button", name="Silence", exact=True).click()
    phone.goto(neighbour)
    expect(phone.locator("#episode")).to_contain_text("the orders team is on it")

    phone.on("dialog", lambda dialog: dialog.accept())
    phone.goto(address)
    resolve(phone)
    # The rule of all routes fires on this one too, held back until now: "resolved" comes after the last of the group.
    phone.goto(f"{console.url}/alerts/?condition=open")
    phone.locator("a.row-link", has_text="DET-OPS-002").filter(has_text="/api/beta").first.click()
    resolve(phone)
    message(slack, "Resolved by admin")
    wide = phone.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
