"""What every test shares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from hypothesis import HealthCheck

from opsconsole.databases import broker_url
from opsconsole.runtime.file_locks import FileLock
from tests import empty_tables
from tests.console import prepare
from tests.examples import EXAMPLES
from tests.redis_numbers import of_worker
from tests.shipped_content import ContentRows, load_everything, load_routes, load_runbooks
from tests.waiting import until

# No limit on an example's time, nor on drawing it: the machine is shared. In CI the same examples every time, so that
# red means changed; `bin/test --thorough` draws new ones, and many more.
UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.settings.register_profile(
    "house", max_examples=EXAMPLES, derandomize=os.environ.get("CI") == "true", **UNTIMED
)
hypothesis.settings.register_profile("thorough", max_examples=20 * EXAMPLES, **UNTIMED)
hypothesis.settings.load_profile("house")

# Rooms by how long their tests take together on one console.
FIRST = {"browser": 0, "faults": 1}


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the test run, before anything has used them."""
    # playwright leaves its event loop running in the thread that the tests after it use, which Django takes for theirs.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # logins by the hundred
    # Each worker its own Redis database, as pytest-django gives each its own PostgreSQL database.
    settings.REDIS_URL = of_worker(settings.REDIS_URL, os.environ.get("PYTEST_XDIST_WORKER", ""))
    settings.CACHES["default"].update(LOCATION=settings.REDIS_URL, KEY_PREFIX="opsconsole-test")
    settings.CELERY_BROKER_URL = broker_url(settings.REDIS_URL)
    connection_created.connect(_for_tests)
    empty_tables.install()


@pytest.hookimpl(trylast=True)  # after what shuffles
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: no process is left with a story in a browser when the other one is through."""
    items.sort(key=lambda item: FIRST.get(item.path.parent.name, len(FIRST)))


def _for_tests(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """TRUNCATE, with which flush empties all tables, is refused by sign-offs elsewhere; no commit waits for a disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET opsconsole.allow_truncate = on; SET synchronous_commit = off")


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A console's data directory after the first start, to be copied: made once, for all processes of the run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    prepared = shared / "prepared" / "data"
    prepared.parent.mkdir(exist_ok=True)
    with FileLock(prepared.parent / "lock") as lock:
        until(lambda: lock.acquire(shared=False), within=300, what="the other process has prepared it")
        if not prepared.exists():
            prepare(prepared)
    return prepared


@pytest.fixture(scope="session")
def content_rows() -> ContentRows:
    """The rows of the shipped content, kept for all tests of this process."""
    return ContentRows()


@pytest.fixture
def shipped(db: None, content_rows: ContentRows) -> None:
    """All content, as the first start loads it."""
    content_rows.bring(load_everything)


@pytest.fixture
def shipped_runbooks(db: None, content_rows: ContentRows) -> None:
    """The shipped systems, runbooks and checklists alone."""
    content_rows.bring(load_runbooks)


@pytest.fixture
def routes(db: None, content_rows: ContentRows) -> None:
    """The shipped routing alone."""
    content_rows.bring(load_routes)
