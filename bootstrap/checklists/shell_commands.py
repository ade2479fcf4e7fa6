"""The commands that set a variable without showing its value, as pages show them (pure).

The console knows no secret value: the operator's own shell asks for it, or a generator makes it there.
"""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.systems.setting.commands import commands
from bootstrap.systems.setting.place import Place
from bootstrap.systems.setting.value_source import is_pipeable


def with_exit_status(command: str, done: str = "set") -> str:
    """The command followed by a line that says whether it worked, as its output goes nowhere along with the value.

    It runs in a subshell, so that it exits with the command's status without closing the terminal it is pasted into.
    """
    return f'( {command}; s=$?; [ $s -eq 0 ] && echo "{done}" || echo "failed with exit status $s"; exit $s)'


@dataclass(frozen=True)
class ShellCommand:
    """How a variable or flag is set.

    `silent` prints nothing, `checked` prints whether it worked, '' where the command has to run in the shell itself;
    `given` asks for a value where `silent` makes a fresh one. `generator` is a command that prints a fresh value and
    that has to be run by itself. `note` says what happens then, `restart` makes the application read the value. `id` is
    unique on a page.
    """

    id: str
    name: str
    silent: str
    checked: str
    generator: str = ""
    given: str = ""
    note: str = ""
    restart: str = ""

    def __getitem__(self, name: str) -> str:
        """Templates look up by key before they look up by attribute; see ItemView."""
        return str(getattr(self, name))


def shell_command(key: str, name: str, value: str | None, place: Place, generator: str = "") -> ShellCommand:
    """The commands that set `name`. `key` is that of the item it is shown for."""
    piped = generator if value is None and is_pipeable(generator) else ""
    found = commands(place, name, value, piped)
    return ShellCommand(
        id=f"{key}-{name}",
        name=name,
        silent=found.set,
        checked=_checked(found.set, "set"),
        generator="" if piped else generator,
        given=commands(place, name).set if piped else "",
        note=found.note,
        restart=found.restart,
    )


def unset_shell_command(key: str, name: str, place: Place) -> ShellCommand:
    """The commands that remove `name`."""
    found = commands(place, name)
    checked = _checked(found.unset, "unset")
    return ShellCommand(f"{key}-{name}", name, found.unset, checked, note=found.note, restart=found.restart)


def _checked(command: str, done: str) -> str:
    """Empty for what changes the shell itself: a subshell would change nothing."""
    stays = command.startswith("unset ") or ("export " in command and not command.startswith(("(", "{")))
    return with_exit_status(command, done) if command and not stays else ""
