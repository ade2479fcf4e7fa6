"""One server process that the guardian keeps running (no ORM)."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from typing import Protocol

from opsconsole.embedded.account import Account
from opsconsole.lib.children import die_with_parent

# A child inherits no settings of libpq, the locale or the dynamic linker from whoever started the console.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class NotYet(Exception):
    """The server cannot be started at this moment, for a reason that passes by itself."""


@dataclass(frozen=True)
class Shutdown:
    """Signals that end a server, each with the seconds it is given before the next."""

    steps: tuple[tuple[signal.Signals, float], ...]


class Server(Protocol):
    """What the guardian must know of a server."""

    name: str
    on_parent_death: signal.Signals
    shutdown: Shutdown

    def prepare(self) -> None:
        """Once, before the first start. Raises ServicesError."""

    def before_start(self) -> None:
        """Clear what a crash left. Raises NotYet while remains of the last run are still alive."""

    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""


def spawn(server: Server, account: Account) -> subprocess.Popen[bytes]:
    """Start a server as the account's user; it dies with this process. Output goes to our standard error."""
    return subprocess.Popen(
        server.argv(),
        stdin=subprocess.DEVNULL,
        stdout=2,
        stderr=2,
        cwd="/",
        env=_ENVIRONMENT,
        umask=0o077,
        # In order: new session (no Ctrl-C from a terminal), user, then the death signal, which a new user would clear.
        start_new_session=True,
        preexec_fn=die_with_parent(server.on_parent_death),  # noqa: PLW1509 - the guardian has one thread
        **account.popen,
    )


def run_tool(argv: list[str], account: Account, text: str = "") -> str:
    """Run a program of the server to its end; returns what it printed. Raises ToolFailed when it fails."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=_ENVIRONMENT,
        umask=0o077,
        preexec_fn=die_with_parent(signal.SIGKILL),
        **account.popen,
    )
    if done.returncode:
        raise ToolFailed(done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}")
    return done.stdout + done.stderr


class ToolFailed(Exception):
    """A program of the server failed; the text is what it said."""
