"""A chart in a real browser: read by pointer, finger and keys, also over a poll; what is typed stands through polls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from opsconsole.accounts.models import User
from tests.browser.test_look import RULES
from tests.detections.dashboard import builders as make
from tests.detections.incidents.factories import make_incident

pytestmark = pytest.mark.django_db(transaction=True)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.fixture
def cookie(live_server: LiveServer) -> dict[str, Any]:
    """The session of an administrator."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada", password="x"))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": live_server.url}


@pytest.fixture
def touching(browser: Browser, cookie: Any) -> Iterator[Page]:
    """A phone that is logged in, whose page keeps to the CSP."""
    context = browser.new_context(viewport={"width": 375, "height": 812}, has_touch=True)
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser, cookie: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


@pytest.fixture
def address(live_server: LiveServer) -> str:
    one = make.series("/checkout")
    make.errors(one, 3, n=4)
    return f"{live_server.url}/routes/{one.pk}/?range=1h"


def tip(page: Page) -> Locator:
    return page.locator(".chart-tip")


def poll(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_keys_read_the_chart_and_go_on_after_a_poll(desk: Page, address: str) -> None:
    problems: list[str] = []
    desk.on("pageerror", lambda error: problems.append(str(error)))
    desk.goto(address)
    cursor = desk.get_by_role("slider", name="Values: Errors per minute of POST /checkout")
    cursor.focus()
    for _ in range(3):
        desk.keyboard.press("ArrowLeft")
    expect(tip(desk)).to_contain_text("4 errors")
    text = str(cursor.get_attribute("aria-valuetext"))
    assert "4 errors" in text
    assert "UTC" in text
    desk.evaluate("document.querySelector('[data-poll]:has(.chart)').dataset.fragment = ''")
    old = cursor.element_handle()
    with desk.expect_response(lambda answer: answer.url.startswith(address) and answer.status == 200):
        poll(desk)
    desk.wait_for_function("old => !old.isConnected", arg=old)
    expect(cursor).to_be_focused()
    expect(tip(desk)).to_contain_text("4 errors")
    desk.keyboard.press("Home")
    expect(cursor).to_have_attribute("aria-valuenow", "1")
    desk.keyboard.press("Escape")
    expect(tip(desk)).to_be_hidden()
    desk.add_script_tag(path=AXE)
    found = desk.evaluate(f"axe.run({{runOnly: {RULES}}}).then(result => result.violations.map(each => each.id))")
    assert (found, problems) == ([], [])


def test_a_pointer_reads_it_and_what_leaves_it_ends_that(desk: Page, address: str) -> None:
    desk.goto(address)
    box = desk.get_by_role("slider").bounding_box()
    assert box
    desk.mouse.move(box["x"] + 2, box["y"] + 60)
    expect(tip(desk)).to_contain_text("no data")
    desk.mouse.move(box["x"] + 2, box["y"] - 90)
    expect(tip(desk)).to_be_hidden()


def test_a_finger_reads_it_within_the_screen_and_under_the_csp(touching: Page, address: str) -> None:
    problems: list[str] = []
    touching.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    touching.goto(address)
    cursor = touching.get_by_role("slider")
    cursor.scroll_into_view_if_needed()
    box = cursor.bounding_box()
    assert box
    touching.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + 50)
    expect(tip(touching)).to_be_visible()
    shown = tip(touching).bounding_box()
    assert shown
    assert 0 <= shown["x"] <= shown["x"] + shown["width"] <= 375
    touching.get_by_role("heading", level=1).tap()
    expect(tip(touching)).to_be_hidden()
    assert problems == []


def test_a_poll_leaves_what_was_typed_wherever_the_focus_is(desk: Page, live_server: LiveServer) -> None:
    incident = make_incident()
    desk.goto(f"{live_server.url}/incidents/{incident.pk}/")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.headers.get("hx-target", "")))
    poll(desk)
    desk.wait_for_load_state("networkidle")
    assert "incident-head" in asked
    desk.get_by_text("Change severity or go back").click()
    desk.get_by_label("Why the severity changes").fill("Payments fail too")
    desk.get_by_role("heading", level=1).click()
    asked.clear()
    poll(desk)
    desk.wait_for_load_state("networkidle")
    assert asked
    assert "incident-head" not in asked
    expect(desk.get_by_label("Why the severity changes")).to_have_value("Payments fail too")
