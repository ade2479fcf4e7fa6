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
            "import os, sys, time; from pathlib import Path; from opsconsole.runtime.embedded import acquire;"
            "lease = acquire(Path(sys.argv[1])); sys.stdout.flush();"
            "os._exit(0) if os.fork() else (sys.stdin.read(), os._exit(0))"
        )
        parent = subprocess.Popen([sys.executable, "-c", code, str(data)], stdin=subprocess.PIPE, cwd=ROOT)
        parent.wait()
        visitor = acquire(data)
        assert not visitor.close(wait=0.5)
        assert parent.stdin is not None
        parent.stdin.close()
        until(lambda: not guardian_runs(layout_of(data)), what="the guardian leaves after the fork")


def test_nothing_is_left_after_the_last_holder() -> None:
    with open_directory() as data:
        services = acquire(data)
        assert processes_of(services.layout)
        assert services.close(wait=20)
        until(lambda: not processes_of(services.layout), what="no process is left")
        assert not services.layout.sockets.exists()


def test_data_is_there_again_at_the_next_start() -> None:
    with open_directory() as data:
        first = acquire(data)
        with psycopg.connect(first.urls.database_url) as link:
            link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert first.close(wait=20)
        second = acquire(data)
        with psycopg.connect(second.urls.database_url) as link:
            assert link.execute("SELECT answer FROM kept").fetchone() == (42,)
        second.close(wait=20)


def test_only_what_is_asked_for_runs_and_a_later_holder_of_more_is_told() -> None:
    with open_directory() as data:
        first = acquire(data, {"redis"})
        assert not first.layout.cluster.exists()
        with pytest.raises(ServicesError, match="without postgres, because DATABASE_URL"):
            acquire(data)
        first.close(wait=20)


def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServicesError, match=r"file/data .*Choose another data directory with --data"):
        acquire(tmp_path / "file" / "data")


def test_without_any_redis_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    layout = layout_of(tmp_path)
    server = Redis(layout, account_for(layout), Binaries(Path("/bin/true"), Path("/bin/true"), redis=None))
    with pytest.raises(ServicesError, match="apt install redis-server"):
        server.prepare()


@pytest.mark.skipif(not IS_ROOT, reason="needs root to make another user's directory")
def test_a_socket_directory_of_another_user_is_refused() -> None:
    with open_directory() as data:
        data.mkdir()
        sockets = layout_of(data).sockets
        sockets.mkdir()
        os.chown(sockets, 12345, 12345)
        with pytest.raises(ServicesError, match="is in the way"):
            acquire(data)
        sockets.rmdir()


def test_a_command_finds_the_services_without_any_step_before_it() -> None:
    with open_directory() as data:
        environ = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
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
