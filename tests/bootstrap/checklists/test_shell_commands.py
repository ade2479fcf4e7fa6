"""The variant of a command that tells whether it worked, run in a real shell with a host's CLI of our own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bootstrap.checklists.shell_commands import set_command, unset_command, with_exit_status


@pytest.mark.parametrize(("status", "word"), [(0, None), (3, "failed with exit status 3")])
@pytest.mark.parametrize(
    ("command", "done"),
    [(set_command("TOKEN", "it's secret", "api prod"), "set"), (unset_command("TOKEN", "api-prod"), "unset")],
)
def test_it_says_and_gives_back_how_it_ended(
    tmp_path: Path, command: str, done: str, status: int, word: str | None
) -> None:
    cli = tmp_path / "heroku"
    cli.write_text(f'#!/bin/sh\necho "$@"\necho "$@" >&2\nexit {status}\n')
    cli.chmod(0o700)
    line = with_exit_status(command)
    assert "\n" not in line
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=environ, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, f"{word or done}\n", "")
    after = subprocess.run(
        ["/bin/sh", "-c", f"{line}\necho here"], capture_output=True, text=True, env=environ, check=False
    )
    assert after.stdout.endswith("here\n")
