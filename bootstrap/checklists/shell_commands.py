"""Shell commands that set a variable without showing its value (pure).

The console never takes a value: a secret stands as a placeholder that the operator replaces in their own shell.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

# The host's CLI echoes what it was given; into a terminal's scrollback or a log no secret may go.
SILENCE = ">/dev/null 2>&1"
PLACEHOLDER = '"<value>"'
UNKNOWN_HOST = "<app-name>"


def set_command(name: str, value: str | None, host_name: str | None) -> str:
    """The command that sets `name`; `value` None leaves the placeholder, `host_name` None leaves `<app-name>`."""
    shown = PLACEHOLDER if value is None else shlex.quote(value)
    host = UNKNOWN_HOST if host_name is None else shlex.quote(host_name)
    return f"heroku config:set {name}={shown} --app {host} {SILENCE}"


def unset_command(name: str, host_name: str | None) -> str:
    """The command that removes `name`; `host_name` None leaves `<app-name>`."""
    host = UNKNOWN_HOST if host_name is None else shlex.quote(host_name)
    return f"heroku config:unset {shlex.quote(name)} --app {host} {SILENCE}"


def with_exit_status(command: str) -> str:
    """The same command, telling whether it worked: the silence that hides the value also hides errors.

    In a shell of its own, so that it ends with the command's status and yet closes no terminal it is pasted into.
    """
    done = "unset" if command.startswith("heroku config:unset ") else "set"
    return f'({command}; s=$?; [ $s -eq 0 ] && echo "{done}" || echo "failed with exit status $s"; exit $s)'


@dataclass(frozen=True)
class Command:
    """How a variable or flag is set: silently, and silently but telling whether it worked. `id` is unique on a page."""

    id: str
    name: str
    silent: str
    checked: str
    generator: str = ""

    def __getitem__(self, name: str) -> str:
        """Templates ask by item before they ask by attribute; see ItemView."""
        return str(getattr(self, name))


def command(key: str, name: str, value: str | None, host_name: str | None, generator: str = "") -> Command:
    """Both forms of the command for `name` on item `key`; `generator` is a command that prints a fresh value."""
    silent = set_command(name, value, host_name)
    return Command(f"{key}-{name}", name, silent, with_exit_status(silent), generator)
