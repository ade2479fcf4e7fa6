"""The embedded PostgreSQL: making its directory, starting it, and clearing what a crash left (no ORM)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

from opsconsole.runtime.embedded.binaries import Binaries
from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import DATABASE, Layout
from opsconsole.runtime.embedded.server import Server, ToolFailed, run_tool
from opsconsole.runtime.embedded.server_user import Account, first_barrier
from opsconsole.runtime.process_monitor import NotYet

# A new cluster takes 46 MB; PostgreSQL then wants room for two segments of its log, 16 MB each, and the tables.
FIRST_START_BYTES = 120 * 1024 * 1024

_SETTINGS = {
    "listen_addresses": "",  # the socket in a private directory is the only way in
    "max_connections": "60",  # two web processes with nine threads, worker, beat, commands; two test workers
    "shared_buffers": "64MB",  # the working set of a small team; the rest is the page cache's
    "jit": "off",  # compiling costs more than these short queries take
    "io_method": "sync",  # saves three worker processes; reads come from the page cache
    "max_parallel_workers_per_gather": "0",  # two cores are shared with web and worker; /dev/shm may be tiny
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "1GB",  # with 256 MB a burst of events forced a checkpoint every 11 s, and commits waited for it
    "min_wal_size": "32MB",
    "max_logical_replication_workers": "0",  # saves the launcher process
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres(Server):
    """PostgreSQL as a child of the guardian."""

    name = "postgres"
    # Killed guardian: stop at once; the next start recovers from the log, which takes less than a second.
    on_parent_death = signal.SIGQUIT
    # Fast (roll back, checkpoint, leave), then immediate, then by force.
    shutdown = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 6.0), (signal.SIGKILL, 5.0))

    def __init__(self, layout: Layout, account: Account, binaries: Binaries) -> None:
        super().__init__(account)
        self.layout = layout
        self.binaries = binaries

    def prepare(self) -> None:
        """Make the cluster if there is none; check that the account reaches it. Raises ServicesError."""
        if not self.layout.cluster.exists():
            self._create()
        cluster = self.layout.cluster.resolve()
        barrier = first_barrier(self.account, cluster)
        if barrier is not None:
            raise ServicesError(
                f"User {self.account.name}, who runs PostgreSQL, cannot enter {barrier} on the way to the data in "
                f"{cluster}. Let others pass (chmod o+x '{barrier}'), or move the data directory elsewhere."
            )
        cluster.chmod(0o700)  # PostgreSQL insists; a careless chmod -R on the data directory must not stop it

    def before_start(self) -> None:
        cluster = self.layout.cluster.resolve()
        alive = _processes_in(cluster)
        if alive:
            raise NotYet(f"processes of an earlier PostgreSQL still use {cluster}: {', '.join(map(str, alive))}")
        # Nobody is in there, so what these files say is history: a dead pid (for some seconds still a zombie), a pid
        # that another program has now, or garbage. PostgreSQL would refuse to start over each of them.
        if alive is not None or _is_garbage(cluster / "postmaster.pid"):
            (cluster / "postmaster.pid").unlink(missing_ok=True)
        lock = self.layout.socket("postgres").with_name(".s.PGSQL.5432.lock")
        for stale in (lock, self.layout.socket("postgres")):
            stale.unlink(missing_ok=True)

    def argv(self) -> list[str]:
        settings = _SETTINGS | {"unix_socket_directories": str(self.layout.socket_dir("postgres"))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries.postgres), "-D", str(self.layout.cluster.resolve()), *options]

    def _create(self) -> None:
        """initdb into a draft directory, then rename: a kill or a full disk leaves no half cluster behind."""
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
        except ToolFailed as error:
            raise ServicesError(_explain_initdb(str(error), home)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _home(self) -> Path:
        """Where a new cluster goes: the data directory, or root's store when the account cannot enter that."""
        barrier = first_barrier(self.account, self.layout.data)
        if barrier is None:
            return self.layout.data
        store = self.layout.root_store
        try:
            store.mkdir(parents=True, exist_ok=True)
            for folder in (store.parent, store):
                folder.chmod(0o755)  # ours; the umask may have closed them
        except OSError as error:
            raise unusable(store, error) from error
        self.note = (
            f"{barrier} is closed to user {self.account.name}, who runs PostgreSQL: "
            f"its data is in {store}/postgres ({self.layout.cluster} links there)."
        )
        return store

    def _initdb(self, draft: Path) -> None:
        # The builtin provider sorts the same on every machine; the wheel has no ICU, and libc's order changes.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        # Trust: the socket lies in a directory that only the owner enters.
        who = [f"--username={DATABASE}", "--auth=trust"]
        run_tool([str(self.binaries.initdb), "-D", str(draft), *locale, *who], self.account)
        single = [str(self.binaries.postgres), "--single", "-D", str(draft), "postgres"]
        said = run_tool(single, self.account, f"CREATE DATABASE {DATABASE};\n")
        if "ERROR" in said or "FATAL" in said:
            raise ToolFailed(said)


def _check_space(home: Path) -> None:
    free = free_bytes(home)
    if free < FIRST_START_BYTES:
        raise ServicesError(
            f"The disk of {home} is full: {free // 2**20} MB are free and PostgreSQL needs "
            f"{FIRST_START_BYTES // 2**20} MB for its first start. Free some space, or choose another data directory "
            "with --data."
        )


def free_bytes(path: Path) -> int:
    """Bytes that an ordinary user may still write on this path's file system."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _explain_initdb(said: str, home: Path) -> str:
    lines = [line for line in said.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    reason = "; ".join(lines[:3]) or said[-300:]
    hint = "Run the console as a user that has a name in /etc/passwd" if "effective user ID" in said else "Mend that"
    return f"PostgreSQL could not make its data directory in {home}: {reason}. {hint}, or set DATABASE_URL."


def _processes_in(cluster: Path) -> list[int] | None:
    """Pids whose working directory is the cluster: every process of its PostgreSQL. None where /proc cannot tell."""
    if not Path("/proc/self/cwd").exists():
        return None
    found = []
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):  # ended meanwhile, a zombie, or another user's
            if entry.name.isdigit() and os.readlink(f"/proc/{entry.name}/cwd") == str(cluster):
                found.append(int(entry.name))
    return found


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
