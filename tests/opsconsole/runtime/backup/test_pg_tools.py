"""Which pg_dump and pg_restore run, and what is said when none can."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.pg_tools import PgServer, check_restorable, find, major_of
from opsconsole.runtime.embedded.binaries import client_program

EXTERNAL = {"dbname": "ops", "user": "ops", "password": "hunter2", "host": "db.test", "port": "5432"}


def install(folder: Path, program: str, version: str) -> Path:
    path = folder / program
    path.write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")
    path.chmod(0o755)
    return path


def server(major: int, *, embedded: bool = False) -> PgServer:
    return PgServer(EXTERNAL, major, embedded)


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_wheel_serves_the_embedded_server(on_path: Path) -> None:
    install(on_path, "pg_dump", "99.1")
    wheel = client_program("pg_dump")
    assert wheel
    assert find("pg_dump", server(major_of(wheel), embedded=True)) == wheel


def test_an_external_server_is_dumped_by_the_program_on_the_path_if_that_is_new_enough(on_path: Path) -> None:
    path = install(on_path, "pg_dump", "17.2 (Debian 17.2-1)")
    assert find("pg_dump", server(17)) == path
    assert find("pg_dump", server(18)) == client_program("pg_dump")


def test_a_server_newer_than_every_program_is_refused_with_what_to_install(on_path: Path) -> None:
    install(on_path, "pg_dump", "17.2")
    with pytest.raises(BackupError, match=r"server is PostgreSQL 99 and no pg_dump .* install .* version 99"):
        find("pg_dump", server(99))


def test_a_server_that_the_wheel_cannot_fill_is_refused_before_anything_is_changed(on_path: Path) -> None:
    (on_path / "pg_restore").unlink(missing_ok=True)
    with pytest.raises(BackupError, match=r"PostgreSQL 16, and pg_restore 18 fills only .* Nothing was changed"):
        check_restorable(server(16))
    install(on_path, "pg_restore", "16.4")
    check_restorable(server(16))


def test_a_password_is_in_no_argument(on_path: Path) -> None:
    argv, environ = server(17).command("pg_dump", "--format=custom")
    assert not any("hunter2" in part for part in argv)
    assert argv[-1] == "--dbname=dbname=ops user=ops host=db.test port=5432"
    assert environ["PGPASSWORD"] == "hunter2"
    assert environ.keys() <= {"PATH", "HOME", "LC_ALL", "PGPASSWORD"}


def test_a_program_that_cannot_run_has_no_version(tmp_path: Path) -> None:
    assert major_of(tmp_path / "none") == 0
    assert major_of(install(tmp_path, "odd", "of its own")) == 0
