"""Runs pg_dump and pg_restore: those of the wheel, for an external server rather those on the PATH (no ORM)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from opsconsole.runtime.backup.archive import CHUNK, Sink
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.embedded.binaries import client_program

# Level 1 takes a third of the default's time; what it makes is a sixth larger. The wheel has no other compression.
DUMP_OPTIONS = ("--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges")
RESTORE_OPTIONS = ("--exit-on-error", "--no-owner", "--no-privileges")
# A restore that fails leaves an empty database. That takes a lock for each table and index, more than the embedded
# server has for years of day partitions; there the whole cluster is removed instead.
WHOLE, IN_PARTS = "--single-transaction", "--transaction-size=500"
# From this version on pg_restore begins with a setting that older servers do not know.
RESTORES_TO = 17
MAX_MESSAGE = 500  # of a tool that failed


@dataclass(frozen=True)
class PgServer:
    """A database to dump or to fill: libpq's parameters, the server's major version, whether it is the embedded one."""

    parameters: Mapping[str, Any]
    major: int
    embedded: bool

    def command(self, program: str, *options: str) -> tuple[list[str], dict[str, str]]:
        """The command line and its environment. The password is in the environment, since arguments are visible."""
        public = {name: value for name, value in self.parameters.items() if name != "password"}
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"LC_ALL": "C"}
        if password := self.parameters.get("password"):
            environ["PGPASSWORD"] = str(password)
        return [str(find(program, self)), *options, f"--dbname={make_conninfo('', **public)}"], environ


def dump(server: PgServer, snapshot: str, out: Sink) -> None:
    """Write the dump of an exported snapshot. Raises BackupError."""
    argv, environ = server.command("pg_dump", *DUMP_OPTIONS, f"--snapshot={snapshot}")
    with _running("pg_dump", argv, environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read(CHUNK):
            out.write(chunk)


def restore(server: PgServer, chunks: Iterable[bytes]) -> None:
    """Fill an empty database from a dump: for an external server in one transaction. Raises BackupError."""
    argv, environ = server.command("pg_restore", *RESTORE_OPTIONS, IN_PARTS if server.embedded else WHOLE)
    with _running("pg_restore", argv, environ, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it has failed, and says why
            for chunk in chunks:
                pipe.write(chunk)


def find(program: str, server: PgServer) -> Path:
    """The program, at least as new as the server. Raises BackupError with what to install."""
    wheel, on_path = client_program(program), shutil.which(program)
    candidates = [wheel] if server.embedded else [Path(on_path) if on_path else None, wheel]
    for candidate in candidates:
        if candidate and major_of(candidate) >= server.major:
            return candidate
    raise BackupError(
        f"The server is PostgreSQL {server.major} and no {program} of that version or a newer one is here: install "
        f"PostgreSQL's client programs of version {server.major}, so that {program} is on the PATH."
    )


def check_restorable(server: PgServer) -> None:
    """Raises BackupError when the only pg_restore is one that cannot fill so old a server."""
    program = find("pg_restore", server)
    if server.major < RESTORES_TO <= (found := major_of(program)):
        raise BackupError(
            f"The server is PostgreSQL {server.major}, and pg_restore {found} fills only servers from {RESTORES_TO} "
            "on: restore to a newer server, or without DATABASE_URL to the embedded one. Nothing was changed."
        )


def major_of(program: Path) -> int:
    """The major version of a client program; 0 if it cannot be run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r"\) (\d+)", done.stdout)
    return int(match.group(1)) if match else 0


@contextlib.contextmanager
def _running(name: str, argv: list[str], environ: dict[str, str], **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The process, which is waited for, and killed when the block raises. Raises BackupError when it fails."""
    with tempfile.TemporaryFile() as errors:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, **streams}
        started: subprocess.Popen[bytes] = subprocess.Popen(argv, env=environ, stderr=errors, **options)
        with started as process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            errors.seek(0)
            text = " ".join(errors.read().decode(errors="replace").split())[-MAX_MESSAGE:]
            raise BackupError(f"{name} failed: {text or f'exit status {process.returncode}'}.")
