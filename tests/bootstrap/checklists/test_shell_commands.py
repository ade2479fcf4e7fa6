"""The variant of a command that tells whether it worked, run in a real shell with a host's CLI of our own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bootstrap.checklists.shell_commands import ShellCommand, shell_command, unset_shell_command
from bootstrap.systems.setting.place import Place

HEROKU = Place("heroku", "api prod")


@pytest.mark.parametrize(("status", "word"), [(0, None), (3, "failed with exit status 3")])
@pytest.mark.parametrize(
    ("command", "done"),
    [
        (shell_command("k", "TOKEN", "it's secret", HEROKU), "set"),
        (shell_command("k", "TOKEN", None, HEROKU), "set"),
        (shell_command("k", "TOKEN", None, HEROKU, "echo fresh"), "set"),
        (unset_shell_command("k", "TOKEN", HEROKU), "unset"),
    ],
)
def test_it_says_and_gives_back_how_it_ended(
    tmp_path: Path, command: ShellCommand, done: str, status: int, word: str | None
) -> None:
    cli = tmp_path / "heroku"
    cli.write_text(f'#!/bin/sh\necho "$@"\necho "$@" >&2\nexit {status}\n')
    cli.chmod(0o700)
    line = command.checked
    assert "\n" not in line
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    def ended(text: str) -> subprocess.CompletedProcess[str]:
        shell = ["/bin/bash", "-c", text]
        return subprocess.run(shell, input="abc\n", capture_output=True, text=True, env=environ, check=False)

    assert (ended(line).returncode, ended(line).stdout) == (status, f"{word or done}\n")
    assert "abc" not in ended(line).stderr
    assert ended(f"{line}\necho here").stdout.endswith("here\n")


def test_a_fresh_value_is_set_at_once_and_a_given_one_asked() -> None:
    command = shell_command("k", "TOKEN", None, HEROKU, "openssl rand -hex 32")
    assert "v=$(openssl rand -hex 32)" in command.silent
    assert "stty -echo" in command.given
    assert command.generator == ""


@pytest.mark.parametrize("generator", ["openssl rand 3 # three", "echo 'open", "a\nb", "echo $(id", "a |"])
def test_a_generator_that_is_not_one_command_stays_by_itself(generator: str) -> None:
    command = shell_command("k", "TOKEN", None, HEROKU, generator)
    assert command.generator == generator
    assert generator not in command.silent
    assert command.given == ""


def test_what_changes_the_shell_itself_has_no_variant_in_a_subshell() -> None:
    assert shell_command("k", "TOKEN", None, Place()).checked == ""
    assert shell_command("k", "TOKEN", "1", Place("shell")).checked == ""
    assert unset_shell_command("k", "TOKEN", Place()).checked == ""
    assert shell_command("k", "TOKEN", None, Place("shell", written={"set_path": "/a"})).checked
