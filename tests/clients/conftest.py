"""Clients that others wrote, against a real console: SDKs of other languages, and old releases of our own one's.

They need tools and registries that not every machine has: `@pytest.mark.needs("npm")` names the commands. Without one a
test is skipped with a line, but not in CI. `bin/test --fast` leaves all of them out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser_type_launch_args  # noqa: F401 - a fixture
from tests.clients.received import Reader, reading
from tests.console import Console, copy_of, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.clients)
            missing = [command for command in _needs(item) if shutil.which(command) is None]
            if missing and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


def _needs(item: pytest.Item) -> list[str]:
    return [command for marker in item.iter_markers("needs") for command in marker.args]


@pytest.fixture(scope="package")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for all clients, each with a project of its own."""
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("console") / "data")) as console:
        yield console


@pytest.fixture(scope="package")
def reader(console: Console) -> Iterator[Reader]:
    with reading(console) as reader:
        yield reader


@pytest.fixture(scope="package")
def read_token(console: Console) -> str:
    """An API token that reads."""
    return console.manage("token", "--scope", "read")
