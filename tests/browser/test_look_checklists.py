"""The pages around a checklist in a real browser: starting, planning, repeating, editing, what a text says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import log_in
from tests.browser.test_look import problems_of, visit
from tests.console import Console

RUN = "/checklists/raptor/staging/2/"
EDIT = "/runbooks/raptor/edit/"
PAGES = (
    "/checklists/start/",
    "/checklists/items/",
    "/checklists/schedules/",
    f"{RUN}plan/",
    f"{RUN}print/",
    f"{RUN}close/",
    f"{RUN}changes/",
    EDIT,
    "/systems/import/example/",
    "/environments/raptor/prod/raxx-api/example/",
)
# Pages whose address another page tells: where it is, and the address in it.
BEHIND = (
    ("/runbooks/raptor/", "/checklists/start/?"),
    (RUN, "/lines/"),
    (RUN, f"{RUN}items/"),
    (EDIT, "/edit/item/?item="),
    (EDIT, "/edit/item/?section="),
)


@pytest.fixture
def page(browser: Browser, console: Console) -> Iterator[Page]:
    """Logged in; axe has to get past the CSP."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    log_in(page, console)
    yield page
    context.close()


def led_to(page: Page, console: Console, at: str, part: str) -> str:
    """The first address on the page `at` that has `part` in it."""
    visit(page, console, at)
    links = page.locator("main a[href]")
    found: list[str] = links.evaluate_all("links => links.map(each => each.getAttribute('href'))")
    return next(each for each in found if part in each)


def test_the_pages_around_a_checklist_pass_axe_and_fit(page: Page, console: Console, axe: str) -> None:
    problems: list[str] = []
    for address in (*PAGES, *(led_to(page, console, at, part) for at, part in BEHIND)):
        visit(page, console, address)
        for each in page.locator("details.disclosure").all():
            each.evaluate("details => { details.open = true; }")
        problems += problems_of(page, axe)
    assert not problems


def test_a_schedule_passes_axe_and_fits(page: Page, console: Console, axe: str) -> None:
    visit(page, console, "/checklists/schedules/new/")
    problems = problems_of(page, axe)
    page.get_by_label("Checklist").select_option(label="Operations checklist (raptor)")
    page.get_by_label("Environment").select_option(label="raptor/prod")
    page.get_by_label("First day").fill("2040-01-01")
    page.get_by_label("Days a signature holds").fill("120")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2040").first).to_be_visible()
    problems += problems_of(page, axe)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/checklists/schedules/\d+/$"))
    problems += problems_of(page, axe)
    assert not problems


def test_a_draft_with_edits_passes_axe_and_fits(page: Page, console: Console, axe: str) -> None:
    page.goto(f"{console.url}{led_to(page, console, EDIT, '/edit/item/?section=')}")
    page.get_by_label("What is to be done or confirmed").fill("Ask whoever is on call")
    page.get_by_role("button", name="Add in the draft").click()
    page.wait_for_url(re.compile("/edit/(#.*)?$"))
    problems = problems_of(page, axe)
    page.get_by_role("link", name="Review and store 1 edit").click()
    expect(page.get_by_text("Ask whoever is on call").first).to_be_visible()
    problems += problems_of(page, axe)
    visit(page, console, EDIT)
    page.get_by_text("1 edit so far").click()
    page.get_by_text("Throw them away").click()
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.get_by_text("1 edit so far")).to_have_count(0)
    assert not problems
