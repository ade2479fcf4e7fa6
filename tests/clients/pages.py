"""Pages with @sentry/browser, served from another origin than the console's, and a visit to one."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from tests.clients.environments import node_with

PAGE = Path(__file__).parent / "page"
ESBUILD = "esbuild@0.25.12"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The URL of a folder that is served while the context lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def visit(page: Page, url: str, dsn: str) -> None:
    """Open the page, raise the error that its button has, and wait until the SDK has sent all."""
    raised: list[str] = []
    page.on("pageerror", lambda error: raised.append(str(error)))
    page.goto(f"{url}?dsn={quote(dsn)}")
    page.get_by_role("button", name="Order").click()
    page.evaluate("window.finish()")
    assert raised == ["order 7 is away"]  # and nothing that the SDK or the browser found wrong


def _build(folder: Path) -> None:
    """The page as a build makes it: the SDK and the script in one minified file."""
    packages = node_with("@sentry/browser@11.12.0", ESBUILD) / "node_modules"
    build = [str(packages / ".bin" / "esbuild"), str(PAGE / "modern.js"), "--bundle", "--minify", "--log-level=error"]
    environ = os.environ | {"NODE_PATH": str(packages)}
    subprocess.run([*build, f"--outfile={folder / 'assets' / 'shop.js'}"], env=environ, check=True)
    shutil.copy(PAGE / "modern.html", folder / "index.html")


def _copy_bundle(folder: Path) -> None:
    """The page of an older application: the SDK's own bundle beside a script that no build has touched."""
    bundle = node_with("@sentry/browser@6.19.7") / "node_modules" / "@sentry" / "browser" / "build" / "bundle.min.js"
    (folder / "assets").mkdir()
    shutil.copy(bundle, folder / "assets")
    shutil.copy(PAGE / "app.js", folder / "assets")
    shutil.copy(PAGE / "bundle.html", folder / "index.html")


@dataclass(frozen=True)
class SdkPage:
    """A page with one release of the SDK, and what its visit makes."""

    project: str
    make: Callable[[Path], None]
    script: str
    function: str
    handled: bool  # what the SDK says of an error that a listener of a click did not catch
    counted: frozenset[str]


PAGES = (
    # A build makes the name of a function short: any may stand there.
    SdkPage("browser-11", _build, "shop.js", "", False, frozenset({"unused:session", "unused:span"})),
    SdkPage("browser-6", _copy_bundle, "app.js", "loadOrder", True, frozenset({"unused:session"})),
)
