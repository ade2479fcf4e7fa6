"""Configuration and fixtures of all tests."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection as database
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from hypothesis import HealthCheck
from pytest_django.plugin import DjangoDbBlocker

from opsconsole.databases import broker_url
from opsconsole.lib.call_stack import with_room
from opsconsole.runtime.file_locks import FileLock
from tests import empty_tables
from tests.console import prepare
from tests.examples import EXAMPLES
from tests.redis_numbers import of_worker
from tests.shipped_content import ContentRows, load_everything, load_policies, load_runbooks
from tests.template_database import migrated_database
from tests.waiting import until

pytest_plugins = ["tests.receivers.fixtures", "tests.left_out"]

# No time limits, since the machine is shared. In CI the examples are the same every time, so that a failure means a
# change; `bin/test --thorough` draws new and many more examples.
UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.settings.register_profile(
    "house", max_examples=EXAMPLES, derandomize=os.environ.get("CI") == "true", **UNTIMED
)
hypothesis.settings.register_profile("fast", max_examples=EXAMPLES // 5, **UNTIMED)
hypothesis.settings.register_profile("thorough", max_examples=20 * EXAMPLES, **UNTIMED)
hypothesis.settings.load_profile("house")

# Folders whose tests take longest run first.
FIRST = {"browser": 0, "faults": 1, "clients": 2}


def pytest_configure(config: pytest.Config) -> None:
    """Change settings for tests before anything has used them."""
    # playwright leaves an event loop running in the thread of later tests, in which Django refuses synchronous queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    settings.WHITENOISE_AUTOREFRESH = True  # otherwise each new client of a test lists all static files first
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, for hundreds of logins
    # Each worker has its own Redis database, as pytest-django gives each its own PostgreSQL database.
    settings.REDIS_URL = of_worker(settings.REDIS_URL, os.environ.get("PYTEST_XDIST_WORKER", ""))
    settings.CELERY_BROKER_URL = broker_url(settings.REDIS_URL)
    connection_created.connect(_configure_connection)
    empty_tables.install()
    gc.disable()  # until all is imported and collected: most of it lives as long as the process


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave modules and collected tests out of later garbage collections, which would go over them each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> object:
    """Run the tests with room on the stack (see lib/call_stack): they are below some sixty frames of pytest's."""
    own = session.config.pluginmanager.get_plugin(str(Path(__file__)))
    return with_room(session.config.pluginmanager.subset_hook_caller("pytest_runtestloop", [own]), session=session)


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no process is still busy with them when the other has finished."""
    items.sort(key=lambda item: FIRST.get(item.path.parent.name, len(FIRST)))


def _configure_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Allow TRUNCATE, which triggers refuse otherwise and flush needs; let no commit wait for the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET opsconsole.allow_truncate = on; SET synchronous_commit = off")


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of all processes of the run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let the embedded PostgreSQL of the tests write without care for a power failure, and copy a migrated database;
    those of consoles take it."""
    if settings.DATABASES["default"]["ENGINE"] != "opsconsole.runtime.embedded.backend":
        return  # somebody's own server
    with django_db_blocker.unblock(), database.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET fsync = off")
        cursor.execute("ALTER SYSTEM SET full_page_writes = off")
        cursor.execute("SELECT pg_reload_conf()")
    database.close()
    with django_db_blocker.unblock():
        template = migrated_database(settings.DATA_DIR / "test_template.lock")
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = database.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def new_heads_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Paths of files that do not exist, without end."""
    folder = tmp_path_factory.mktemp("heads")
    return (folder / f"{number}.jsonl" for number in itertools.count())


@pytest.fixture(autouse=True)
def heads_file(new_heads_files: Iterator[Path]) -> Path:
    """A file of each test for the heads of its sign-offs, in place of the one in the data directory."""
    settings.AUDIT_HEADS_FILE = path = next(new_heads_files)
    return path


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after the first start, for `copy_of`: created once for all processes of the run."""
    prepared = shared_folder(tmp_path_factory) / "prepared" / "data"
    prepared.parent.mkdir(exist_ok=True)
    with FileLock(prepared.parent / "lock") as lock:
        until(lambda: lock.acquire(shared=False), within=900, what="the other process has prepared the directory")
        if not prepared.exists():
            prepare(prepared)
    return prepared


@pytest.fixture(scope="session")
def content_rows() -> ContentRows:
    """The rows of the shipped content, cached for all tests of this process."""
    return ContentRows()


@pytest.fixture
def shipped(db: None, content_rows: ContentRows) -> None:
    """All shipped content, as the first start loads it."""
    content_rows.restore(load_everything)


@pytest.fixture
def shipped_runbooks(db: None, content_rows: ContentRows) -> None:
    """Only the shipped systems, runbooks and checklists."""
    content_rows.restore(load_runbooks)


@pytest.fixture
def notification_policies(db: None, content_rows: ContentRows) -> None:
    """Only the shipped notification policies."""
    content_rows.restore(load_policies)
