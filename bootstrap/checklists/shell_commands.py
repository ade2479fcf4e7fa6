"""Shell commands that set a variable without showing its value (pure).

The console knows no secret value: in its place is a placeholder that the operator replaces in their own shell.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

# The host's CLI prints the value that it sets; no secret may get into a terminal's scrollback or a log.
SILENCE = ">/dev/null 2>&1"
PLACEHOLDER = '"<value>"'
UNKNOWN_HOST = "<app-name>"


def set_command(name: str, value: str | None, host_name: str | None) -> str:
    """The command that sets `name`, with PLACEHOLDER for an unknown value and UNKNOWN_HOST for an unknown host."""
    shown = PLACEHOLDER if value is None else shlex.quote(value)
    host = UNKNOWN_HOST if host_name is None else shlex.quote(host_name)
    return f"heroku config:set {name}={shown} --app {host} {SILENCE}"


def unset_command(name: str, host_name: str | None) -> str:
    """The command that removes `name`, with UNKNOWN_HOST for an unknown host."""
    host = UNKNOWN_HOST if host_name is None else shlex.quote(host_name)
    return f"heroku config:unset {shlex.quote(name)} --app {host} {SILENCE}"


def with_exit_status(command: str) -> str:
    """The command followed by a line that says whether it worked, as SILENCE hides errors along with the value.

    It runs in a subshell, so that it exits with the command's status without closing the terminal it is pasted into.
    """
    done = "unset" if command.startswith("heroku config:unset ") else "set"
    return f'({command}; s=$?; [ $s -eq 0 ] && echo "{done}" || echo "failed with exit status $s"; exit $s)'


@dataclass(frozen=True)
class ShellCommand:
    """How a variable or flag is set.

    `silent` prints nothing, `checked` prints whether it worked. `generator` is a command that prints a fresh value,
    empty without one. `id` is unique on a page.
    """

    id: str
    name: str
    silent: str
    checked: str
    generator: str = ""

    def __getitem__(self, name: str) -> str:
        """Templates look up by key before they look up by attribute; see ItemView."""
        return str(getattr(self, name))


def shell_command(key: str, name: str, value: str | None, host_name: str | None, generator: str = "") -> ShellCommand:
    """Both forms of the command that sets `name`. `key` is that of the item it is shown for."""
    silent = set_command(name, value, host_name)
    return ShellCommand(f"{key}-{name}", name, silent, with_exit_status(silent), generator)
