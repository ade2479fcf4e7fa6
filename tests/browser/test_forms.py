"""Long forms in a browser: what is refused has the focus and leads to its fields; one button is the first choice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import log_in
from tests.browser.served import Served, serve_rules
from tests.browser.test_look import problems_of

# Of each form: its address, the button that sends it empty, and a field that is refused.
FORMS = (
    ("/rules/new/", "button[name=_save]:visible", "title"),
    ("/alerts/silences/new/", "button.button-primary", "reason"),
    ("/admin/detections/rule/add/", "input[name=_save]", "title"),
    ("/admin/detections/probetarget/add/", "input[name=_save]", "slug"),
    ("/admin/detections/notificationpolicy/add/", "input[name=_save]", "name"),
)


@pytest.fixture
def console(transactional_db: None, live_server: Any, settings: Any) -> Served:
    return serve_rules(live_server, settings)


@pytest.fixture
def page(browser: Browser, console: Served) -> Any:
    """Logged in; axe has to get past the CSP."""
    with browser.new_context(bypass_csp=True) as context:
        opened = context.new_page()
        log_in(opened, console)
        yield opened


def test_links_of_a_refused_form_move_the_focus_and_pass_axe(page: Page, console: Served, axe: str) -> None:
    problems = []
    for address, button, field in FORMS:
        page.goto(f"{console.url}{address}")
        page.evaluate("document.querySelectorAll('form').forEach(each => { each.noValidate = true })")
        page.locator(button).first.click()
        summary = page.locator(".error-summary")
        expect(summary).to_be_focused()
        problems += problems_of(page, axe)
        link = summary.locator(f"a[href='#id_{field}']").first
        link.press("Enter")
        expect(page.locator(f"#id_{field}")).to_be_focused()
    assert problems == []


def test_a_fault_in_what_is_folded_is_shown_when_its_link_is_followed(page: Page, console: Served) -> None:
    page.goto(f"{console.url}/rules/DET-BETA-003/edit/")
    page.evaluate("document.querySelectorAll('.rule-form details').forEach(each => { each.open = true })")
    page.locator("[name='fixtures-0-name']").fill("no such fixture")
    page.locator("#id_reason").fill("why")
    page.locator("button[name=_save]:visible").click()
    page.evaluate("document.querySelectorAll('.rule-form details').forEach(each => { each.open = false })")
    page.locator(".error-summary a[href='#id_fixtures-0-name']").first.press("Enter")
    expect(page.locator("#id_fixtures-0-name")).to_be_focused()


def test_one_button_of_a_form_of_the_admin_is_the_first_choice(page: Page, console: Served) -> None:
    page.goto(f"{console.url}/admin/detections/timewindow/add/")
    colours = page.locator(".submit-row input").evaluate_all(
        "all => Object.fromEntries(all.map(each => [each.name, getComputedStyle(each).backgroundColor]))"
    )
    assert set(colours) == {"_save", "_addanother", "_continue"}
    assert colours["_addanother"] == colours["_continue"] != colours["_save"]
