"""What a backup or a restore refuses, and that it leaves nothing half done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import OperationalError, connection, transaction

from opsconsole.env.variables import SettingError
from opsconsole.lib import clock
from opsconsole.runtime.backup import __main__ as program
from opsconsole.runtime.backup import console_database, create, pg_tools, restore
from opsconsole.runtime.backup.archive import HEADS, KEY, ArchiveReader
from opsconsole.runtime.backup.create import make_backup
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.target import check_directory, check_other_console, claimed, filling, write_private
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile
from tests.faults.processes import environment
from tests.opsconsole.runtime.backup.test_archive import write

EMPTY = "opsconsole_empty"


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the database were in the data directory of the test."""
    monkeypatch.setattr(console_database, "is_embedded", lambda: True)
    monkeypatch.setattr(console_database, "stop_servers", lambda: None)


@pytest.fixture
def empty_database() -> Iterator[pg_tools.PgServer]:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY}")
        cursor.execute(f"CREATE DATABASE {EMPTY}")
    server = console_database.server()
    yield pg_tools.PgServer({**server.parameters, "dbname": EMPTY}, server.major, embedded=False)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {EMPTY} WITH (FORCE)")


def test_a_backup_replaces_nothing(tmp_path: Path) -> None:
    old = tmp_path / "b.tar"
    old.write_text("precious")
    link = tmp_path / "link.tar"
    link.symlink_to(tmp_path / "nowhere")
    for place, why in (
        (link, "exists: choose another name"),
        (old, "exists: choose another name"),
        (tmp_path, "is a directory: name a file in it"),
        (tmp_path / "none" / "b.tar", "is no directory: create it"),
    ):
        with pytest.raises(BackupError, match=why):
            make_backup(place, clock.now)
    link.unlink()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_appears_while_it_is_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "b.tar"
    monkeypatch.setattr(create.pg_tools, "dump", lambda *_: target.write_text("precious"))
    with pytest.raises(
        BackupError, match=r"b\.tar was made by somebody else meanwhile, and stays\. No backup was made"
    ):
        make_backup(target, clock.now)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.django_db
def test_an_empty_database_is_not_backed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_database, "tables", lambda _cursor: [])
    with pytest.raises(BackupError, match="database is empty: there is nothing to back up"):
        make_backup(tmp_path / "b.tar", clock.now)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(create.pg_tools, "dump", full)
    with pytest.raises(BackupError, match=r"b\.tar cannot be written \(No space left on device\)\. No backup was made"):
        make_backup(tmp_path / "b.tar", clock.now)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_dump_that_fails_leaves_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "_export_snapshot", lambda: "00000000-00000000-1")
    with pytest.raises(BackupError, match=r"pg_dump failed: .*snapshot"):
        make_backup(tmp_path / "b.tar", clock.now)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_a_console_runs_on(tmp_path: Path) -> None:
    with FileLock(runfile.lock_path(tmp_path)) as lock:
        assert lock.acquire(shared=False)
        with (
            pytest.raises(BackupError, match=f"A console runs on {tmp_path}, .* Nothing was changed"),
            claimed(tmp_path),
        ):
            pytest.fail("claimed")
    with claimed(tmp_path), FileLock(runfile.lock_path(tmp_path)) as lock:
        assert not lock.acquire(shared=False)  # no console starts meanwhile


def test_a_directory_with_data(tmp_path: Path, embedded: None) -> None:
    (tmp_path / "services.log").touch()
    (tmp_path / KEY).touch()
    check_directory(tmp_path)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "run.json").touch()
    with pytest.raises(BackupError, match=r"is not empty \(it has postgres and 1 more\): restore to a new directory"):
        check_directory(tmp_path)


def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(BackupError, match=r"cannot be used .* choose another one with --data"),
        claimed(tmp_path / "file"),
    ):
        pytest.fail("claimed")


@pytest.mark.django_db(transaction=True)
def test_a_database_with_rows_or_with_others_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match=r"The database is not empty \(it has \d+ tables\)"):
        console_database.check_empty()
    monkeypatch.setattr(console_database, "tables", lambda _cursor: [])
    with (
        psycopg.connect(environment()["DATABASE_URL"]),
        pytest.raises(BackupError, match="other programs are connected to the database: stop every console"),
    ):
        console_database.check_empty()


@pytest.mark.django_db(transaction=True)
def test_a_dump_that_ends_half_way_leaves_an_external_one_empty(
    empty_database: pg_tools.PgServer, tmp_path: Path
) -> None:
    file = tmp_path / "dump"
    server = console_database.server()
    with file.open("wb") as out, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        pg_tools.dump(server, cursor.fetchone()[0], out)
    content = file.read_bytes()
    with pytest.raises(BackupError, match="pg_restore failed: "):
        pg_tools.restore(empty_database, [content[: len(content) * 2 // 3]])
    with psycopg.connect(pg_tools.make_conninfo("", **empty_database.parameters)) as link:
        found = link.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone()
    assert found == (0,)


def test_a_failed_restore_is_undone(tmp_path: Path, embedded: None) -> None:
    def fill() -> None:
        with filling(tmp_path):
            assert runfile.unfinished_restore(tmp_path).exists()
            (tmp_path / "postgres" / "base").mkdir(parents=True)
            write_private(tmp_path / KEY, b"key")
            write_private(tmp_path / HEADS, b"{}")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill()
    assert list(tmp_path.iterdir()) == []
    check_directory(tmp_path)


@pytest.mark.parametrize("in_it", ["postgres", KEY])
def test_with_a_database_elsewhere_the_directory_of_another_console_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_it: str
) -> None:
    monkeypatch.setattr(console_database, "is_embedded", lambda: False)
    check_other_console(tmp_path, b"key")
    (tmp_path / KEY).write_text("key\n")
    check_other_console(tmp_path, b"key")
    (tmp_path / in_it).write_text("others")
    with pytest.raises(BackupError, match=rf"{tmp_path} has a.* another console's: restore with --data NEW"):
        check_other_console(tmp_path, b"key")


@pytest.mark.parametrize("is_embedded", [True, False])
def test_a_restore_that_fails_leaves_the_files_that_were_there(
    tmp_path: Path, embedded: None, monkeypatch: pytest.MonkeyPatch, is_embedded: bool
) -> None:
    monkeypatch.setattr(console_database, "is_embedded", lambda: is_embedded)
    monkeypatch.setattr(console_database, "is_empty", lambda: True)
    (tmp_path / KEY).write_text("old")

    def fill() -> None:
        with filling(tmp_path):
            (tmp_path / HEADS).write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(KEY, "old")]


@pytest.mark.django_db
@pytest.mark.parametrize("failing", ["call_command", "_verify"])
def test_the_key_is_replaced_after_all_that_can_fail(
    tmp_path: Path, embedded: None, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("it failed")

    for module, name in (
        *((restore, "check_known"), (restore, "_compare"), (restore, "call_command"), (restore, "_record")),
        *((console_database, "check_empty"), (pg_tools, "check_restorable"), (pg_tools, "restore")),
    ):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    monkeypatch.setattr(restore, failing, fail)
    data = tmp_path / "data"
    data.mkdir()
    (data / KEY).write_text("old")
    with ArchiveReader(write(tmp_path / "b.tar")) as archive, pytest.raises(RuntimeError, match="it failed"):
        restore.restore_backup(archive, data, clock.now())
    assert [(path.name, path.read_text()) for path in data.iterdir()] == [(KEY, "old")]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / KEY).write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(tmp_path / KEY, b"new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(KEY, "old")]


@pytest.mark.parametrize("empty", [True, False])
def test_one_that_failed_outside_of_the_directory_says_so_until_somebody_has_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    """In the database of DATABASE_URL nothing is dropped: no console may start on a part of a backup."""
    monkeypatch.setattr(console_database, "is_embedded", lambda: False)
    monkeypatch.setattr(console_database, "is_empty", lambda: empty)
    with pytest.raises(RuntimeError), filling(tmp_path):
        raise RuntimeError
    assert runfile.unfinished_restore(tmp_path).exists() is not empty
    if not empty:
        with pytest.raises(BackupError, match=f"A restore into {tmp_path} was interrupted"):
            check_directory(tmp_path)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OperationalError("The disk of /data is full: 1 MB are free."), "PostgreSQL cannot be used: The disk of /data"),
        (CommandError("This database was made by\na newer opsconsole"), "was made by a newer opsconsole"),
        (SettingError("OPSCONSOLE_PORT: 'x' cannot be used"), "OPSCONSOLE_PORT: 'x'"),
        (PermissionError(13, "Permission denied", "/data/secret_key"), "/data/secret_key: Permission denied"),
        (KeyboardInterrupt(), "interrupted; nothing was kept"),
    ],
)
def test_whatever_goes_wrong_is_said_in_sentences(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    says: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setenv("OPSCONSOLE_DATA", str(tmp_path))
    monkeypatch.setattr(program, "_backup", fail)
    assert program.main(["backup", "b.tar"]) in {1, 2, 130}
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("opsconsole: ")
    assert says in printed.err
    assert "Traceback" not in printed.err


def test_a_directory_without_a_database_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPSCONSOLE_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert program.main(["backup", str(tmp_path / "b.tar")]) == 1
    assert f"{tmp_path} has no database: there is nothing to back up" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_a_backup_is_not_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runfile.unfinished_restore(tmp_path).touch()
    monkeypatch.setenv("OPSCONSOLE_DATA", str(tmp_path))
    assert program.main(["backup", str(tmp_path / "b.tar")]) == 1
    assert f"A restore into {tmp_path} was interrupted" in capsys.readouterr().err
    assert not (tmp_path / "b.tar").exists()


def test_private_files(tmp_path: Path) -> None:
    path = tmp_path / KEY
    path.touch(mode=0o644)
    write_private(path, b"key")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"key", 0o600)
