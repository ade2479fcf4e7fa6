"""A run of 120 items on a phone: from the import to its last items, without ever losing one's place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.bootstrap.long_runbook import BOXES, long_runbook
from tests.browser.conftest import log_in
from tests.console import PASSWORD, Console, copy_of, running

NEAR = 8  # pixels by which an item may move while it is acted on: fonts, borders
TOP = 116  # pixels that the bars at the top take
PHONE: Any = {"width": 375, "height": 720}
TWO_PEOPLE = "step-8-of-secrets-done-by-two-people"


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of its own: the runbook is imported into it."""
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("long-run") / "data")) as console:
        yield console


@pytest.fixture
def phone(browser: Browser, console: Console) -> Iterator[Page]:
    """A phone that is logged in; the test fails where a script does."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    log_in(page, console)
    yield page
    context.close()
    assert not problems


def item(page: Page, key: str) -> Locator:
    return page.locator(f"[id='item-{key}']")


def offset(page: Page, key: str) -> float:
    """Where the item stands in the window, in pixels from its top."""
    return float(item(page, key).evaluate("each => each.getBoundingClientRect().top"))


def bring_to_the_middle(page: Page, key: str) -> float:
    item(page, key).evaluate("each => each.scrollIntoView({block: 'center', behavior: 'instant'})")
    return offset(page, key)


def stays(page: Page, key: str, before: float) -> None:
    """The item is where it was, in view, and named in the address."""
    page.wait_for_function(
        "([id, top, near]) => Math.abs(document.getElementById(id).getBoundingClientRect().top - top) <= near",
        arg=[f"item-{key}", before, NEAR],
    )
    assert 0 < offset(page, key) < PHONE["height"]
    assert page.url.endswith(f"#item-{key}")


def test_a_run_of_120_items_on_a_phone(phone: Page, console: Console) -> None:
    page = phone
    import_it(page, console)
    make_an_environment_there_and_start(page)
    expect(page.locator(".check")).to_have_count(BOXES)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    page.get_by_label("Items", exact=True).select_option(label="Open now")
    expect(page).to_have_url(re.compile(r"\?show=open$"))
    expect(item(page, "step-1-of-mail")).to_be_hidden()  # blocked by the boxes beneath it
    for key in ("step-4-of-access", "step-8-of-mail", "step-4-of-search", "step-12-of-handover"):
        sign(page, key)
    sign_for_two_people(page)
    search(page)
    leave_one_out(page)
    go_on_with_the_next_open_one(page)
    come_back_after_a_reload(page)
    another_person_neither_moves_nor_clears_what_one_is_at(page)


def import_it(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/runbooks/import/")
    page.get_by_label("Text").fill(long_runbook())
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Store this version").click()
    page.wait_for_url(re.compile("/runbooks/[^/]+/$"))


def make_an_environment_there_and_start(page: Page) -> None:
    """The system came with the import and has no environment: no dead end."""
    page.get_by_role("link", name=re.compile("^Start")).first.click()
    page.get_by_label("Environment", exact=True).fill("staging")
    page.get_by_label("Its name at the host").fill("magpie-staging")
    page.get_by_role("button", name="Make the environment").click()
    expect(page.get_by_role("status").get_by_text("staging is made")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"/checklists/[^/]+/staging/\d+/$"))


def sign(page: Page, key: str) -> None:
    before = bring_to_the_middle(page, key)
    item(page, key).get_by_role("button", name="Sign").click()
    expect(item(page, key)).to_contain_text("signed by admin")  # it stays in the list, though it is not open any more
    stays(page, key, before)


def sign_for_two_people(page: Page) -> None:
    """The password is asked for once, with the item's text; then the browser is back at the item. Who signed first is
    not offered the second signature."""
    before = bring_to_the_middle(page, TWO_PEOPLE)
    item(page, TWO_PEOPLE).get_by_role("button", name="Sign").click()
    expect(page.get_by_role("heading", name=f"Sign {TWO_PEOPLE}")).to_be_visible()
    expect(page.get_by_text("Step 8 of secrets done by two people")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Confirm")).click()
    page.wait_for_url(re.compile(rf"\?show=open#item-{TWO_PEOPLE}$"))
    expect(item(page, TWO_PEOPLE)).to_contain_text("Half signed")
    expect(item(page, TWO_PEOPLE)).to_contain_text("now another person")
    expect(item(page, TWO_PEOPLE).get_by_role("button", name=re.compile("Sign"))).to_have_count(0)
    stays(page, TWO_PEOPLE, before)

    again = "step-8-of-database-done-by-two-people"  # the password was given a moment ago
    before = bring_to_the_middle(page, again)
    item(page, again).get_by_role("button", name="Sign").click()
    expect(item(page, again)).to_contain_text("Half signed")
    stays(page, again, before)


def search(page: Page) -> None:
    page.get_by_label("Items", exact=True).select_option("")
    find = page.get_by_label("Search this checklist")
    find.fill("observability STEP")
    expect(page.locator(".check:visible")).to_have_count(12)
    find.fill("DATABASE_URL")
    expect(page.locator(".check:visible")).to_have_count(1)
    find.fill("no such thing")
    expect(page.get_by_text("No item matches")).to_be_visible()
    page.get_by_role("link", name="Show all items").click()
    expect(page.locator(".check:visible")).to_have_count(BOXES)


def leave_one_out(page: Page) -> None:
    key = "step-9-of-search"
    found = item(page, key)
    bring_to_the_middle(page, key)
    found.get_by_role("link", name=re.compile("More")).click()
    found.get_by_text("Not applicable here").click()
    found.get_by_label("Why it does not apply").fill("No search in staging")
    button = found.get_by_role("button", name="Mark as not applicable")
    button.scroll_into_view_if_needed()
    before = offset(page, key)
    button.click()
    expect(found).to_contain_text("No search in staging")
    stays(page, key, max(before, TOP))  # its beginning had gone beneath the bar, and its forms are gone now


def go_on_with_the_next_open_one(page: Page) -> None:
    page.get_by_role("link", name="Next open").click()
    expect(page).to_have_url(re.compile("#item-step-10-of-search$"))
    below = page.locator(".run-bar").evaluate("bar => bar.getBoundingClientRect().bottom")
    assert below - 1 <= offset(page, "step-10-of-search") < PHONE["height"] / 2, "the bar does not cover it"
    sign(page, "step-10-of-search")


def come_back_after_a_reload(page: Page) -> None:
    key = "step-10-of-search"
    page.get_by_label("Items", exact=True).select_option("open")
    sign_next(page)
    page.reload()
    named = page.url.partition("#item-")[2]
    assert "?show=open#" in page.url
    expect(item(page, named)).to_contain_text("signed by admin")
    expect(item(page, named)).to_be_in_viewport()
    expect(item(page, key)).to_be_hidden()


def another_person_neither_moves_nor_clears_what_one_is_at(page: Page) -> None:
    page.goto(re.split(r"[?#]", page.url)[0])
    key = "step-8-of-jobs"
    panel = item(page, key)
    panel.get_by_role("link", name=re.compile("More")).click()
    panel.get_by_text("Go without it for a while").click()
    before = bring_to_the_middle(page, key)
    other = str(page.locator(".check[data-can]").first.get_attribute("id")).removeprefix("item-")
    act_elsewhere(page, other)
    expect(item(page, other)).to_have_attribute("data-state", "done", timeout=60_000)  # by the poll
    assert abs(offset(page, key) - before) <= NEAR
    expect(panel.get_by_label("Review by")).to_be_visible()


def sign_next(page: Page) -> None:
    """Sign the next open item, where the button leads."""
    page.get_by_role("link", name="Next open").click()
    page.wait_for_url(re.compile("#item-"))
    key = page.url.partition("#item-")[2]
    sign(page, key)


def act_elsewhere(page: Page, key: str) -> None:
    """In another window, as another person would."""
    other = page.context.new_page()
    other.goto(page.url.partition("#")[0])
    item(other, key).get_by_role("button", name="Sign").click()
    expect(item(other, key)).to_contain_text("signed by admin")
    other.close()
