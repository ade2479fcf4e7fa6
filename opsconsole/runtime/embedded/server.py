"""A server process of the guardian, and running its command-line tools (no ORM)."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

from opsconsole.runtime.child_process import die_with_parent
from opsconsole.runtime.embedded.server_user import Account
from opsconsole.runtime.process_monitor import CannotStartYet

# Not the environment of the console: it may have settings of libpq, the locale or the dynamic linker.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Server:
    """A server that runs in the foreground as a child of the guardian; subclasses define the program."""

    name: str
    shutdown: tuple[tuple[signal.Signals, float], ...]
    on_parent_death: signal.Signals

    def __init__(self, account: Account) -> None:
        self.account = account
        self.note = ""  # a message for the operator, or empty

    def prepare(self) -> None:
        """Called once before the first start. Raises ServicesError."""

    def before_start(self) -> None:
        """Remove stale files of a crash. Raises CannotStartYet while processes of the last run are alive."""

    def argv(self) -> list[str]:
        """The command line of the server."""
        return [self.name]

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as the account's user. It dies with this process and writes to its standard error."""
        self.before_start()
        try:
            return subprocess.Popen(
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=2,
                stderr=2,
                # In order: new session (no Ctrl-C from a terminal), user, then the death signal, which a change of
                # user would clear.
                start_new_session=True,
                preexec_fn=die_with_parent(self.on_parent_death),  # noqa: PLW1509 - the guardian has one thread
                **_common(self.account),
            )
        except subprocess.SubprocessError as error:
            raise CannotStartYet(str(error)) from error


class ToolError(Exception):
    """A tool of the server failed; the text is its output."""


def run_tool(argv: list[str], account: Account, text: str = "") -> str:
    """Run a tool of the server and return its output. Raises ToolError when it fails."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=die_with_parent(signal.SIGKILL),
        **_common(account),
    )
    if done.returncode:
        raise ToolError(done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}")
    return done.stdout + done.stderr


def _common(account: Account) -> dict[str, Any]:
    return {"cwd": "/", "env": _ENVIRONMENT, "umask": 0o077, **account.popen}
