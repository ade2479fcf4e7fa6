"""A round trip between two databases of a server that DATABASE_URL names, and what is refused on the way.

The database is that of the first schema, so that a backup from before an upgrade is restored too. The drill with a
running console is in `tests/faults/test_backup.py`.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from opsconsole.lib.db import epoch
from opsconsole.runtime.backup.archive import KEY
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.manifest import BackupManifest
from opsconsole.runtime.backup.restore import check_known
from tests.faults.processes import ROOT, environment
from tests.opsconsole.test_upgrade import DUMP as FIRST_SCHEMA

SOURCE, TARGET = "opsconsole_backed_up", "opsconsole_restored"
OLD_KEY = "k" * 60
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Place:
    """A database and a data directory, and commands on them."""

    name: str
    data: Path
    key: str = ""

    @property
    def url(self) -> str:
        return environment()["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", f"/{self.name}?")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environ = environment(DATABASE_URL=self.url, SECRET_KEY=self.key, OPSCONSOLE_DATA=str(self.data))
        program = [sys.executable, "-m", "opsconsole.runtime.supervisor.attach", "--data", str(self.data), *command]
        return subprocess.run(program, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    def done(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, statement: str) -> list[Any]:
        with psycopg.connect(self.url) as link:
            return link.execute(statement).fetchall()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Empty databases."""

    def made(name: str) -> Place:
        drop(name)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return Place(name, tmp_path / name)

    yield made
    drop(SOURCE)
    drop(TARGET)


def drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def source(make: Callable[[str], Place]) -> Place:
    place = replace(make(SOURCE), key=OLD_KEY)
    with psycopg.connect(place.url) as link:
        link.execute(gzip.decompress(FIRST_SCHEMA.read_bytes()))
    return place


def test_a_database_of_an_older_schema_makes_the_round_trip(
    source: Place, make: Callable[[str], Place], tmp_path: Path
) -> None:
    file, target = tmp_path / "b.tar", make(TARGET)
    body = "INSERT INTO detections_inbox (project_id, format, received_at, event_id, body, encoding, size, attempts) "
    with psycopg.connect(source.url) as link:
        link.execute(body + "SELECT id, 'store', now(), gen_random_uuid(), '{}', '', 2, 0 FROM detections_project")
    accepted = source.query("SELECT count(*) FROM detections_inbox")
    printed = source.done("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert "mode 0600" in printed
    assert "keep it like a password" in printed
    assert "1 accepted requests could not be digested before" in printed  # the schema is older than the digest
    restored = target.done("restore", str(file))
    assert f"Next: bin/run --data {target.data}" in restored
    assert target.query("SELECT count(*) FROM detections_inbox") == accepted == [(1,)]
    everything = "SELECT id, hash FROM bootstrap_signoff ORDER BY id"
    assert target.query(everything) == source.query(everything)
    (newest,) = target.query(
        "SELECT max(id), (SELECT hash FROM bootstrap_signoff ORDER BY id DESC LIMIT 1) FROM bootstrap_signoff"
    )
    head = f"{newest[0]}:{newest[1]}"
    assert f"head {head}" in printed
    assert target.query("SELECT file, head FROM bootstrap_restorerecord") == [(str(file), head)]
    assert (target.data / KEY).read_text() == OLD_KEY
    assert (target.data / KEY).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in target.data.iterdir()) == ["audit_heads.jsonl", "console.lock", KEY]
    audit = target.done("verify_audit", "--head", head)
    assert f"2 sign-offs, intact up to sign-off {newest[0]}; head {head}" in audit
    assert "Restored: backup of" in audit
    with psycopg.connect(target.url) as link, pytest.raises(psycopg.errors.RaiseException):
        link.execute("UPDATE bootstrap_signoff SET note = ''")


def manifest(**fields: Any) -> BackupManifest:
    values = {"epoch": epoch.EPOCH, "migrations": ("bootstrap.0001_initial",), **fields}
    return BackupManifest(
        created_at=datetime(2026, 6, 12, tzinfo=UTC), server="18", rows={}, head=None, files={}, **values
    )


def test_a_backup_of_a_newer_console_is_refused() -> None:
    check_known(manifest())
    with pytest.raises(BackupError, match=r"newer opsconsole \(migration bootstrap\.9999_later is unknown here\)"):
        check_known(manifest(migrations=("bootstrap.0001_initial", "bootstrap.9999_later", "other.0001_initial")))
    with pytest.raises(BackupError, match=f"has schema epoch {epoch.EPOCH + 1}, this console's is {epoch.EPOCH}"):
        check_known(manifest(epoch=epoch.EPOCH + 1))
