"""Every page in a real browser: WCAG 2.1 AA by axe in both themes, at a phone's width, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import log_in
from tests.browser.test_story import send_errors
from tests.console import Console
from tests.waiting import until

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# Drawn by Django's own scripts (choice of many, autocomplete): help icons and boxes that the console does not name.
WIDGETS = [[".select2-container"], [".selector"], [".related-widget-wrapper .help-tooltip"], ["label .help-tooltip"]]
MISSING = "/no-such-page/"
# Pages that no section of the navigation leads to by its first row.
ASIDE = (
    "/runbooks/",
    "/alerts/summaries/",
    "/runbooks/raptor/",
    "/runbooks/import/",
    "/environments/matrix/",
    "/checklists/scorecard/",
    "/environments/raptor/prod/",
    "/environments/raptor/staging/",
    "/environments/raptor/prod/raxx-api/drift/",
    "/policies/",
    "/postures/",
    "/postures/propose/",
    "/checklists/raptor/staging/2/",
    "/accounts/password/change/",
    MISSING,
)
LISTS = ("/admin/detections/alert/", "/admin/detections/rule/", "/admin/accounts/user/")
CONTRAST = 'runOnly: ["color-contrast"]'
# A theme that is switched on an opened page would fade in, and axe would look at colours on their way.
AT_ONCE = "*, ::before, ::after { transition: none !important }"


@pytest.fixture(scope="module")
def burning(console: Console) -> Console:
    """A console with an armed rule, errors on a route that it counts, and the alert that follows."""
    sign = ("sign", "raptor/prod", "SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND", "--by", "admin")
    _, dsn = console.manage_all(sign, ("dsn", "raptor"))
    send_errors(dsn, 5)
    return console


@pytest.fixture
def pages(browser: Browser, burning: Console) -> Iterator[Any]:
    """Opens pages that are logged in: (width, theme, with scripts or without). axe has to get past the CSP."""
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, theme: str = "", scripts: bool = True) -> Page:
        viewport: Any = {"width": width, "height": 800}
        context = browser.new_context(viewport=viewport, java_script_enabled=scripts, bypass_csp=scripts)
        contexts.append(context)
        if theme:
            context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        page = context.new_page()
        log_in(page, burning)
        return page

    yield open_page
    for context in contexts:
        context.close()


def addresses(page: Page, console: Console) -> list[str]:
    """The sections of the navigation (the admin is looked at by itself), and one page of each kind behind them."""
    page.goto(f"{console.url}/")
    links = page.locator(".sidebar .nav-link").evaluate_all("links => links.map(link => link.pathname)")
    found = [link for link in links if link and not link.startswith("/admin")]
    for section in list(found):
        page.goto(f"{console.url}{section}")
        rows = page.locator("main [data-row] a.row-link, main .row-link")
        if rows.count():
            found.append(str(rows.first.get_attribute("href")))
    return [*dict.fromkeys(found), *ASIDE]


# Words that take more than one line in a list: a column was made narrower than they are. Addresses and paths of more
# than 40 characters may.
BROKEN_WORDS = """() => [...document.querySelectorAll("#result_list :is(td, th)")].flatMap((cell) => {
  const found = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    const long = [...text.data.matchAll(/\\S{41,}/gu)].map((each) => [each.index, each.index + each[0].length]);
    for (const word of text.data.matchAll(/[\\p{L}\\p{N}_]+/gu)) {
      if (long.some(([from, to]) => word.index >= from && word.index < to)) continue;
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) found.push(word[0]);
    }
  }
  return found;
})"""
# Fields and texts that stand out of their card.
OUTSIDE = """() => [...document.querySelectorAll("fieldset.module :is(input, select, textarea, .help, .readonly)")]
  .filter((each) => {
    if (each.closest(".selector, .select2-container, .tabular, .hidden") || !each.getClientRects().length) return false;
    const card = each.closest("fieldset").getBoundingClientRect(), box = each.getBoundingClientRect();
    return box.right > card.right + 1 || box.left < card.left - 1;
  })
  .map((each) => each.id || each.className)"""


def admin_lists(page: Page, console: Console) -> list[str]:
    """Every list of the admin."""
    page.goto(f"{console.url}/admin/")
    lists: list[str] = page.locator("#content-main a.admin-model").evaluate_all("links => links.map(l => l.pathname)")
    return [each for each in dict.fromkeys(lists) if each.count("/") == 4]


def behind(page: Page, at: str) -> list[str]:
    """What an opened list of the admin leads to: the form of its first row, its history and deletion, and the form that
    adds one."""
    found = [f"{at}add/"] if page.locator("#content-main .addlink").count() else []
    row = page.locator("#result_list tbody th a")
    if row.count():
        form = str(row.first.get_attribute("href")).partition("?")[0]
        found += [form, form.replace("/change/", "/history/"), form.replace("/change/", "/delete/")]
    return found


def problems_of_admin(page: Page, axe: str, *, phone: bool) -> list[str]:
    """Of an opened page of the admin. axe looks once, which takes longest: on a desktop, or a phone in the dark."""
    found: list[str] = []
    for width, theme in ((1280, "light"), (375, "dark")):
        show(page, width, theme)
        found += [*too_wide(page), *(violations(page, axe) if phone == (width == 375) else ())]
        found += [f"{page.url} breaks {word} at {width}" for word in page.evaluate(BROKEN_WORDS)]
        found += [f"{page.url} has {name} outside of its card at {width}" for name in page.evaluate(OUTSIDE)]
    if " object (" in page.content():
        found.append(f"{page.url} says `object (`")
    return found


def visit(page: Page, console: Console, address: str) -> None:
    """Open the page; it is there."""
    answer = page.goto(f"{console.url}{address}")
    assert answer
    assert answer.status == (404 if address == MISSING else 200), address


def violations(page: Page, axe: str, rules: str = f"runOnly: {RULES}") -> list[str]:
    """What axe objects to on the page. It makes no selectors for what passes: they take three quarters of its time."""
    if not page.evaluate("window.axe !== undefined"):
        page.add_script_tag(url=axe)
    options = f"{{{rules}, resultTypes: ['violations']}}"
    found = page.evaluate(f"axe.run({{exclude: {WIDGETS}}}, {options}).then(result => result.violations)")
    return [f"{page.url} {each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def show(page: Page, width: int, theme: str) -> None:
    """The opened page at another width and in another theme."""
    if not page.locator("style", has_text="transition: none").count():
        page.add_style_tag(content=AT_ONCE)
    page.wait_for_function("!document.querySelector('.htmx-request')")  # what the page loads is looked at, too
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = {theme!r}")


def too_wide(page: Page) -> list[str]:
    is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"{page.url} is wider than the screen at {page.viewport_size}"] if is_wide else []


def problems_of(page: Page, axe: str) -> list[str]:
    """Of an opened page on a desktop and a phone; as a theme is but colours, of its contrasts in the other one."""
    found: list[str] = []
    for width, theme, other in ((1280, "light", "dark"), (375, "dark", "light")):
        show(page, width, theme)
        found += [*violations(page, axe), *too_wide(page)]
        show(page, width, other)
        found += violations(page, axe, CONTRAST)
    return found


def test_every_page_passes_axe_and_fits(pages: Any, burning: Console, axe: str) -> None:
    page: Page = pages(1280, "light")
    expect(page.get_by_role("link", name="DET-BETA-003").first).to_be_visible(timeout=30_000)
    visited = addresses(page, burning)
    assert len(visited) >= 9
    problems: list[str] = []
    for address in visited:
        visit(page, burning, address)
        problems += problems_of(page, axe)
    assert not problems


def test_every_page_of_the_admin_passes_axe_and_fits(pages: Any, burning: Console, axe: str) -> None:
    """The index, and of every model the list, the forms, the history and the deletion. Each is opened once.

    On a phone in the dark: the index, histories, deletions, and some lists; the others on a desktop in the light.
    """
    page: Page = pages(1280, "light")
    visit(page, burning, "/admin/")
    problems = problems_of_admin(page, axe, phone=True)
    visited = 1
    for at in admin_lists(page, burning):
        visit(page, burning, at)
        problems += problems_of_admin(page, axe, phone=at in LISTS)
        for address in behind(page, at):
            answer = page.goto(f"{burning.url}{address}")
            if answer and answer.status == 403 and "/delete/" in address:
                continue
            assert answer
            assert answer.status == 200, address
            problems += problems_of_admin(page, axe, phone="/add/" not in address and "/change/" not in address)
            visited += 1
        visited += 1
    assert visited >= 200
    assert not problems


def test_the_login_page_passes_axe(browser: Browser, burning: Console, axe: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{burning.url}/accounts/login/")
    assert not violations(page, axe)
    context.close()


def test_by_keyboard(pages: Any, burning: Console) -> None:
    page: Page = pages()
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()  # shown by the script, so it runs
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(".is-selected")).to_have_count(1)
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/issues/**")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Search issues")).to_be_focused()
    page.keyboard.type("g r")  # in a field, letters are letters
    expect(page).to_have_url(f"{burning.url}/issues/")


def test_the_theme_is_shared_with_the_admin(pages: Any, burning: Console) -> None:
    page: Page = pages()
    switch = page.get_by_role("button", name="Switch theme")
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") != "dark":
            switch.click()
    page.goto(f"{burning.url}/admin/")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(12, 15, 20)"  # --bg of the dark theme


def test_polling_asks_for_changes_only_and_can_be_paused(pages: Any, burning: Console) -> None:
    page: Page = pages()
    asked: list[int] = []
    page.on("response", lambda r: asked.append(r.status) if r.request.headers.get("hx-request") else None)
    page.goto(f"{burning.url}/issues/")
    with page.expect_response(lambda r: r.url.endswith("/issues/") and r.status == 204, timeout=30_000):
        pass  # the first poll brings the digest, a later one finds nothing new
    page.get_by_role("button", name="Pause updates").click()
    before = len(asked)
    page.wait_for_timeout(6_000)  # longer than the quick interval of 5 s
    assert len(asked) == before


def test_without_scripts_an_alert_is_acknowledged_all_the_same(pages: Any, burning: Console) -> None:
    # The alert of the errors at the start may have resolved itself by now.
    send_errors(burning.manage("dsn", "raptor"), 5)
    page: Page = pages(scripts=False)
    alert = page.get_by_role("link", name="DET-BETA-003").first

    def listed() -> bool:
        """A page without scripts does not refresh itself, and the alert opens once the errors are judged."""
        page.goto(f"{burning.url}/alerts/")
        return alert.is_visible()

    until(listed, within=120, what="the alert in the list")
    alert.click()
    page.get_by_role("button", name="Acknowledge").first.click()
    expect(page.get_by_text("Acknowledged: you have it.")).to_be_visible()
