"""One server process of the guardian, and the tools that come with it (no ORM)."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

from opsconsole.runtime.child_process import die_with_parent
from opsconsole.runtime.embedded.server_user import Account
from opsconsole.runtime.process_monitor import NotYet

# A child inherits no settings of libpq, the locale or the dynamic linker from whoever started the console.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Server:
    """A server that runs in the foreground as a child of the guardian. Subclasses say which."""

    name: str
    shutdown: tuple[tuple[signal.Signals, float], ...]
    on_parent_death: signal.Signals

    def __init__(self, account: Account) -> None:
        self.account = account
        self.note = ""  # something the operator should know, or empty

    def prepare(self) -> None:
        """Once, before the first start. Raises ServicesError."""

    def before_start(self) -> None:
        """Clear what a crash left. Raises NotYet while remains of the last run are still alive."""

    def argv(self) -> list[str]:
        """The command that runs it."""
        return [self.name]

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as the account's user; it dies with this process. Its output goes to our standard error."""
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
            raise NotYet(str(error)) from error


class ToolFailed(Exception):
    """A program of the server failed; the text is what it said."""


def run_tool(argv: list[str], account: Account, text: str = "") -> str:
    """Run a program of the server to its end; returns what it printed. Raises ToolFailed when it fails."""
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
        raise ToolFailed(done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}")
    return done.stdout + done.stderr


def _common(account: Account) -> dict[str, Any]:
    return {"cwd": "/", "env": _ENVIRONMENT, "umask": 0o077, **account.popen}
