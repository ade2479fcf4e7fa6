"""The embedded PostgreSQL: creates its cluster, starts it, and removes stale files of a crash (no ORM)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

from opsconsole.runtime.embedded.binaries import Binaries
from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import DATABASE, Layout
from opsconsole.runtime.embedded.server import Server, ToolError, run_tool
from opsconsole.runtime.embedded.server_user import Account, first_closed_directory
from opsconsole.runtime.process_monitor import CannotStartYet

# A new cluster takes 46 MB; then PostgreSQL needs two log segments of 16 MB and room for the tables.
FIRST_START_BYTES = 120 * 1024 * 1024

_SETTINGS = {
    "listen_addresses": "",  # it listens only on the socket, in a private directory
    "max_connections": "60",  # two web processes with nine threads, worker, beat, commands; two test workers
    "client_connection_check_interval": "1s",  # a statement whose client is gone ends, and its connection is free
    "shared_buffers": "64MB",  # the working set of a small team; the page cache has the rest
    "jit": "off",  # compiling takes longer than these short queries
    "io_method": "sync",  # saves three processes; reads come from the page cache
    "max_parallel_workers_per_gather": "0",  # web and worker need the cores too; /dev/shm may be small
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "1GB",  # with 256 MB a burst forced a checkpoint every 11 s, which delayed commits
    "min_wal_size": "32MB",
    "max_logical_replication_workers": "0",  # saves the launcher process
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres(Server):
    """PostgreSQL as a child of the guardian."""

    name = "postgres"
    # When the guardian is killed: immediate shutdown. The next start recovers from the log in under a second.
    on_parent_death = signal.SIGQUIT
    # Fast shutdown (roll back, checkpoint), then immediate, then SIGKILL.
    shutdown = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 6.0), (signal.SIGKILL, 5.0))

    def __init__(self, layout: Layout, account: Account, binaries: Binaries) -> None:
        super().__init__(account)
        self.layout = layout
        self.binaries = binaries

    def prepare(self) -> None:
        """Create the cluster if there is none and check that the account can enter it. Raises ServicesError."""
        if not self.layout.cluster.exists():
            self._create()
        cluster = self.layout.cluster.resolve()
        closed = first_closed_directory(self.account, cluster)
        if closed is not None:
            raise ServicesError(
                f"User {self.account.name}, who runs PostgreSQL, cannot enter {closed} on the way to the data in "
                f"{cluster}. Let others pass (chmod o+x '{closed}'), or move the data directory elsewhere."
            )
        cluster.chmod(0o700)  # PostgreSQL requires it; a chmod -R on the data directory must not keep it from starting

    def before_start(self) -> None:
        cluster = self.layout.cluster.resolve()
        pids = _processes_in(cluster)
        if pids:
            raise CannotStartYet(f"processes of an earlier PostgreSQL still use {cluster}: {', '.join(map(str, pids))}")
        # No process uses the cluster, so these files are stale: they name a dead pid (or a zombie), a pid that another
        # program has now, or garbage. PostgreSQL would refuse to start because of them.
        if pids is not None or _is_garbage(cluster / "postmaster.pid"):
            (cluster / "postmaster.pid").unlink(missing_ok=True)
        lock = self.layout.socket("postgres").with_name(".s.PGSQL.5432.lock")
        for stale in (lock, self.layout.socket("postgres")):
            stale.unlink(missing_ok=True)

    def argv(self) -> list[str]:
        settings = _SETTINGS | {"unix_socket_directories": str(self.layout.socket_dir("postgres"))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries.postgres), "-D", str(self.layout.cluster.resolve()), *options]

    def _create(self) -> None:
        """Run initdb in a draft directory and rename it, so that a kill or a full disk leaves no partial cluster."""
        home = self._home()
        draft = home / "postgres.new"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            self.account.own(draft)
            _check_space(home)
            self._initdb(draft)
            os.rename(draft, home / "postgres")
            _sync(home)
            if home != self.layout.data:
                self.layout.cluster.unlink(missing_ok=True)
                self.layout.cluster.symlink_to(home / "postgres")
        except OSError as error:
            raise unusable(home, error) from error
        except ToolError as error:
            raise ServicesError(_explain_initdb(str(error), home)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _home(self) -> Path:
        """The directory for a new cluster: the data directory, or root's store if the account cannot enter that."""
        closed = first_closed_directory(self.account, self.layout.data)
        if closed is None:
            return self.layout.data
        store = self.layout.root_store
        try:
            store.mkdir(parents=True, exist_ok=True)
            for folder in (store.parent, store):
                folder.chmod(0o755)  # our directories; the umask may have closed them
        except OSError as error:
            raise unusable(store, error) from error
        self.note = (
            f"{closed} is closed to user {self.account.name}, who runs PostgreSQL: "
            f"its data is in {store}/postgres ({self.layout.cluster} links there)."
        )
        return store

    def _initdb(self, draft: Path) -> None:
        # The builtin provider sorts alike on every machine; the wheel has no ICU, and the order of libc changes.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        # Trust: only the owner can enter the directory of the socket.
        who = [f"--username={DATABASE}", "--auth=trust"]
        run_tool([str(self.binaries.initdb), "-D", str(draft), *locale, *who], self.account)
        single = [str(self.binaries.postgres), "--single", "-D", str(draft), "postgres"]
        output = run_tool(single, self.account, f"CREATE DATABASE {DATABASE};\n")
        if "ERROR" in output or "FATAL" in output:
            raise ToolError(output)


def _check_space(home: Path) -> None:
    free = free_bytes(home)
    if free < FIRST_START_BYTES:
        raise ServicesError(
            f"The disk of {home} is full: {free // 2**20} MB are free and PostgreSQL needs "
            f"{FIRST_START_BYTES // 2**20} MB for its first start. Free some space, or choose another data directory "
            "with --data."
        )


def free_bytes(path: Path) -> int:
    """Bytes that an ordinary user may write on the file system of `path`."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def _explain_initdb(output: str, home: Path) -> str:
    lines = [line for line in output.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    reason = "; ".join(lines[:3]) or output[-300:]
    hint = "Run the console as a user that has a name in /etc/passwd" if "effective user ID" in output else "Fix this"
    return f"PostgreSQL could not create its data directory in {home}: {reason}. {hint}, or set DATABASE_URL."


def _processes_in(cluster: Path) -> list[int] | None:
    """Pids whose working directory is the cluster, as PostgreSQL's processes have; None without /proc."""
    if not Path("/proc/self/cwd").exists():
        return None
    pids = []
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):  # it has ended, is a zombie, or belongs to another user
            if entry.name.isdigit() and os.readlink(f"/proc/{entry.name}/cwd") == str(cluster):
                pids.append(int(entry.name))
    return pids


def _is_garbage(pid_file: Path) -> bool:
    try:
        return not pid_file.read_text().split("\n")[0].strip().isdigit()
    except (OSError, UnicodeDecodeError):
        return True


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
