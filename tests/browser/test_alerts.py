"""The list of alerts by keyboard, and two people who want the same alert."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import log_in
from tests.console import PASSWORD, Console
from tests.waiting import until

ROUTES = ("preview", "feedback")


@pytest.fixture(scope="module")
def reader(console: Console) -> str:
    """Two firing alerts on routes of project raptor, from events sent as an SDK sends them; a token that reads them."""
    _, _, dsn, token = console.manage_all(
        ("sign", "raptor/prod", "SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND", "--by", "admin"),
        ("shell", "-c", MAKE_BOB.format(PASSWORD)),
        ("dsn", "raptor"),
        ("token", "--scope", "read"),
    )
    for route in ROUTES:
        fail(console, dsn, route)
    until(lambda: len(console.api("alerts/", token)["items"]) >= len(ROUTES), what="an alert for each route")
    return token


@pytest.fixture
def waiting(console: Console, reader: str) -> int:
    """The id of an alert that nobody has: of a cause of its own, as who acknowledges one has all of its group."""
    fail(console, console.manage("dsn", "raptor").strip(), "export")

    def found() -> list[int]:
        items = console.api("alerts/?condition=open&handling=unacknowledged", reader)["items"]
        return [each["id"] for each in items if each["group"] == "/api/export/run"]

    until(lambda: bool(found()), what="an alert for the export")
    return found()[0]


MAKE_BOB = "from opsconsole.accounts.models import User; User.objects.create_superuser('bob', password={!r})"


def fail(console: Console, dsn: str, route: str) -> None:
    """Four errors on the route."""
    key, project = dsn.split("//")[1].split("@", maxsplit=1)[0], dsn.rsplit("/", 1)[1]
    for _ in range(4):
        sent = requests.post(f"{console.url}/api/{project}/store/?sentry_key={key}", json=event(route), timeout=30)
        assert sent.status_code == 200, sent.text


def event(route: str) -> dict[str, object]:
    return {
        "platform": "python",
        "level": "error",
        "timestamp": time.time(),
        "environment": "production",
        "transaction": f"/api/{route}/run",
        "exception": {"values": [{"type": f"{route.title()}Error", "value": f"{route} failed"}]},
    }


@pytest.fixture
def bob(browser: Browser, console: Console, reader: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    log_in(page, console, "bob")
    yield page
    context.close()


def test_the_list_by_keyboard(admin: Page, console: Console, reader: str) -> None:
    admin.goto(f"{console.url}/alerts/?rule=DET-OPS-002")
    admin.keyboard.press("j")
    chosen = admin.locator("[data-row].is-selected")
    expect(chosen).to_have_count(1)
    admin.keyboard.press("a")
    expect(admin.locator("#messages")).to_contain_text("Acknowledged: you have it.")
    expect(admin.locator("#alerts")).to_contain_text("admin")
    expect(chosen).not_to_contain_text("admin")  # the next one that nobody has
    admin.once("dialog", lambda dialog: dialog.accept())  # it still fires
    admin.keyboard.press("r")
    expect(admin.locator("#messages")).to_contain_text("Resolved.")


def test_the_second_person_is_told_who_was_first(bob: Page, admin: Page, console: Console, waiting: int) -> None:
    address = f"{console.url}/alerts/{waiting}/"
    bob.goto(address)
    bob.keyboard.press("p")  # no updates: the page stays as it was when he loaded it
    admin.goto(address)
    admin.get_by_role("button", name="Acknowledge").click()
    expect(admin.locator("#episode")).to_contain_text("Acknowledged by admin")
    bob.get_by_role("button", name="Acknowledge").click()
    expect(bob.locator("#messages")).to_contain_text("admin acknowledged it first.")
    expect(bob.locator("#episode")).to_contain_text("Acknowledged by admin")


def test_a_poll_that_met_an_act_on_its_way_is_not_shown(admin: Page, console: Console) -> None:
    """Its region is gone by then, and with it the place of whatever the answer says."""
    admin.goto(f"{console.url}/checklists/raptor/staging/2/")
    held: dict[str, Route] = {}
    admin.route("**/checklists/raptor/staging/2/", lambda route: held.update(poll=route))
    admin.route("**/sign/", lambda route: held.update(act=route))
    admin.get_by_role("button", name="Sign", exact=True).first.click()
    admin.evaluate("htmx.trigger('#run', 'poll', {clock: true})")  # the page's own clock does not send one now
    until(lambda: admin.evaluate("1") and len(held) == 2, what="an act and a poll on their way")
    held["act"].continue_()
    expect(admin.locator("#messages")).to_contain_text("signed by admin")
    with admin.expect_response(lambda response: response.request.headers.get("x-poll") == "1"):
        held["poll"].fulfill(body='<div id="run">old</div><div id="messages" hx-swap-oob="true">taken</div>')
    expect(admin.locator("#run")).to_contain_text("last act")
    expect(admin.locator("#messages")).to_contain_text("signed by admin")


def test_a_poll_that_is_not_shown_is_not_remembered_as_seen(admin: Page, console: Console) -> None:
    """Otherwise the next poll would be told that nothing is new."""
    admin.goto(f"{console.url}/checklists/raptor/staging/2/")
    held: dict[str, Route] = {}
    admin.route("**/checklists/raptor/staging/2/", lambda route: held.update(poll=route))
    admin.route("**/sign/", lambda route: held.update(act=route))
    admin.get_by_role("button", name="Sign", exact=True).first.click()
    admin.evaluate("htmx.trigger('#run', 'poll', {clock: true})")  # the page's own clock does not send one now
    until(lambda: admin.evaluate("1") and len(held) == 2, what="an act and a poll on their way")
    admin.evaluate(
        "() => { window.answered = new Promise((done) => document.addEventListener('htmx:afterRequest', done)) }"
    )
    held["poll"].fulfill(body='<div id="run">not shown</div>', headers={"X-Fragment": "unseen"})
    admin.evaluate("() => window.answered.then(() => true)")
    admin.evaluate("document.body.dispatchEvent(new Event('htmx:afterSettle', {bubbles: true}))")
    expect(admin.locator("#run")).not_to_contain_text("not shown")
    expect(admin.locator("#run")).not_to_have_attribute("data-fragment", "unseen")
    held["act"].continue_()
    expect(admin.locator("#messages")).to_contain_text("signed by admin")
