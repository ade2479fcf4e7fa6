"""The distribution's Chromium, driven by playwright; without one the tests are skipped with a line, but not in CI."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.console import PASSWORD, Console, copy_of, running

if TYPE_CHECKING:  # it needs the models, and this file is read before Django is set up
    from tests.browser.served import Served

VENDOR = Path(__file__).parent / "vendor"
# The shell first: the same engine without the windows that nobody sees.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# What a browser does by itself has no place in a test, nor reaches anything from where tests run.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=20_000)  # ms; the machine is shared, and the limit only ends a test that has failed

# Chromium notes every answer from 400 on as an error, also those with which the console refuses an act and says why.
REFUSED = re.compile(r"status of (409|413|422) ")
# htmx notes a request that a newer one replaces (hx-sync), or that its page was left during; one that failed is noted
# as htmx:sendError, too.
REPLACED = re.compile(r"^htmx:(afterRequest|sendAbort), ")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: install it to run the browser tests"))


@pytest.fixture(scope="session", autouse=True)
def rows_beside_the_browser() -> Iterator[None]:
    """Playwright runs a loop in the thread of the tests, in which Django refuses to read rows unless it is told. For
    the session: its database may be taken down while the loop still runs."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    assert CHROMIUM, "CI must bring a Chromium"
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    return {"executable_path": CHROMIUM, "args": [*QUIET, *sandbox]}


@pytest.fixture(scope="package")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for the browser tests, gone before other tests: it would work beside them."""
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("console") / "data")) as console:
        yield console


@pytest.fixture
def admin(page: Page, console: Console) -> Iterator[Page]:
    """A page that is logged in as the first admin; the test fails when a script does or the CSP objects."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    log_in(page, console)
    yield page
    assert not [each for each in problems if not (REFUSED.search(each) or REPLACED.search(each))]


class Vendored(SimpleHTTPRequestHandler):
    """Serves axe, without a line for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def axe() -> Iterator[str]:
    """The URL of axe: of a script with a URL, the browser keeps the compiled form from one page to the next."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Vendored, directory=str(VENDOR))) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/axe.min.js"
        server.shutdown()


def log_in(page: Page, console: Console | Served, name: str = "admin") -> None:
    page.goto(f"{console.url}/accounts/login/")
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{console.url}/")
