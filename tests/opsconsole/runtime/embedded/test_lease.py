"""Real PostgreSQL and Redis, lease and let go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from opsconsole.runtime.embedded import Lease, ServicesError, acquire
from opsconsole.runtime.embedded.binaries import Binaries
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.embedded.redis import Redis
from opsconsole.runtime.embedded.server_user import account_for
from tests.opsconsole.runtime.embedded.machine import IS_ROOT, ROOT, guardian_runs, open_directory, processes_of
from tests.waiting import until

# One set of servers serves most of them, so they belong into one process.
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def lease() -> Iterator[Lease]:
    with open_directory() as data:
        services = acquire(data)
        yield services
        services.close(wait=20)


def test_both_servers_answer(lease: Lease) -> None:
    with psycopg.connect(lease.urls.database_url) as link:
        row = link.execute(
            "SELECT current_database(), pg_encoding_to_char(encoding), datlocprovider, datlocale,"
            " current_setting('jit'), current_setting('listen_addresses')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("opsconsole", "UTF8", "b", "C.UTF-8", "off", "")
    client = redis.from_url(lease.urls.redis_url)
    assert client.config_get("save") == {"save": ""}
    assert client.config_get("appendonly") == {"appendonly": "no"}


def test_servers_do_not_run_as_root(lease: Lease) -> None:
    for pid in processes_of(lease.layout):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"opsconsole.runtime.embedded.guardian" not in command:
            assert os.stat(f"/proc/{pid}").st_uid != 0


def test_only_the_owner_enters_the_sockets(lease: Lease) -> None:
    for service in ("postgres", "redis"):
        assert lease.layout.socket_dir(service).stat().st_mode & 0o077 == 0
    assert lease.layout.sockets.stat().st_mode & 0o066 == 0


def test_a_second_holder_finds_the_same_guardian(lease: Lease) -> None:
    before = lease.layout.guardian_lock.read_text()
    second = acquire(lease.layout.data)
    second.close(wait=0.5)
    assert lease.layout.guardian_lock.read_text() == before
    assert guardian_runs(lease.layout)  # asked to leave, it saw that somebody still holds


def test_a_fork_shares_the_hold(lease: Lease) -> None:
    """The holder dies at once, its child lives on: the services stay for the child."""
    with open_directory() as data:
        code = (
            "from django.db import connection; from opsconsole.lib.redis import client; "
            "number = connection.cursor().execute('SELECT 1').fetchone()[0]; client().set('a', 7); "
            "print(number, int(client().get('a')))"
        )
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
            env={**environ, "OPSCONSOLE_DATA": str(data)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "1 7\n"), done.stderr
