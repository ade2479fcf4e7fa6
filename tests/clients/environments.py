"""Environments of their own for clients: a venv, or a folder with node_modules, built once for what is installed.

They stay in the data directory of the tests (`clients/`), under a hash of all that goes in. What cannot be built since
no registry answers skips its test with a line; in CI, or for any other reason, it fails it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings

from opsconsole.runtime.file_locks import FileLock
from tests.waiting import until

_BUILD_TIMEOUT = 600.0  # seconds; the time is the registry's
# What pip and npm print when they do not reach a registry.
_AWAY = re.compile(
    r"Failed to establish a new connection|NameResolutionError|ConnectTimeoutError|ProxyError|ReadTimeoutError"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH"
)
OLDEST_NODE = 20


def python_with(*pins: str) -> Path:
    """The Python of a venv with exactly these packages, on the Python that runs the tests."""

    def build(folder: Path) -> None:
        _run(sys.executable, "-m", "venv", str(folder), cwd=folder)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
        _run(*pip, "install", "--quiet", "--only-binary=:all:", *pins, cwd=folder)

    return _built([sys.version, *pins], build) / "bin" / "python"


def node_with(*pins: str) -> Path:
    """A folder with these npm packages. Their scripts do not run at installation."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        _unavailable(f"needs node {OLDEST_NODE} or later; here is {version}")

    def build(folder: Path) -> None:
        (folder / "package.json").write_text(json.dumps({"private": True}))
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", "--fetch-retries=1")
        _run("npm", "install", *quiet, *pins, cwd=folder)

    return _built([version, *pins], build)


def _built(contents: list[str], build: Callable[[Path], None]) -> Path:
    """The folder of these contents; other processes wait while one builds it, and a build that failed is built anew."""
    digest = hashlib.sha256("\n".join(contents).encode()).hexdigest()[:16]
    folder = settings.DATA_DIR / "clients" / digest
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")) as lock:
        until(lambda: lock.acquire(shared=False), within=_BUILD_TIMEOUT, what=f"{contents[1:]} are installed")
        complete = folder / "complete"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            complete.write_text("\n".join(contents))
    return folder


def _run(*command: str, cwd: Path) -> None:
    """Run an installer. Settings of the tests' own Python do not reach it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=_BUILD_TIMEOUT, check=False
    )
    if done.returncode == 0:
        return
    said = done.stderr + done.stdout
    if _AWAY.search(said):
        _unavailable(f"no registry answers: {' '.join(command[-2:])}")
    pytest.fail(f"{' '.join(command)} failed:\n{said[-3000:]}")


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI must bring what the clients need: {reason}")
    pytest.skip(reason)
