"""`bin/manage`: manage.py with the settings and on the services of the console that runs on a data directory.

    python -m opsconsole.runtime.supervisor.attach [--data DIR] COMMAND...

Without a running console the embedded services start for the command. An explicit variable wins over the console's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from opsconsole.env import SettingError, read
from opsconsole.runtime.supervisor import runfile

MANAGE = Path(__file__).parents[3] / "manage.py"
DOCTOR = "opsconsole.runtime.doctor"


def split_data(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """Take `--data DIR` or `--data=DIR` out of a command line, wherever it stands before a `--`.

    Raises SettingError when DIR is missing. `start` is left alone: it has the option itself.
    """
    rest: list[str] = []
    data: str | None = None
    words = iter(argv)
    for word in words:
        if word == "--":
            return data, [*rest, word, *words]
        if word == "--data":
            data = next(words, None)
            if data is None:
                raise SettingError("--data: names no directory")
        elif word.startswith("--data="):
            data = word.removeprefix("--data=")
        else:
            rest.append(word)
    return data, rest


def environment(data: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command: this one, and what the running console was given."""
    given = dict(environ)
    if data is not None:
        given["OPSCONSOLE_DATA"] = data
    directory = Path(os.path.abspath(read("OPSCONSOLE_DATA", given)))
    running = runfile.running(directory)
    known = running.get("environment", {}) if running else {}
    told = {"OPSCONSOLE_PUBLIC_URL", "OPSCONSOLE_HOST", "OPSCONSOLE_PORT"}.intersection(given)
    if running is None and not told and (address := runfile.last_address(directory)):
        known = {"OPSCONSOLE_PUBLIC_URL": address}
    return {**known, **given, "OPSCONSOLE_DATA": str(directory)}


def main(argv: Sequence[str]) -> int:
    """Become manage.py."""
    try:
        data, rest = split_data(argv)
        if rest[:1] == ["doctor"]:  # before anything that it is to look at can stand in the way
            return _become_doctor(data, rest[1:])
        environ = environment(data, os.environ)
    except (SettingError, OSError) as error:
        sys.stderr.write(f"opsconsole: {error}\n")
        return 2
    return os.execve(sys.executable, [sys.executable, str(MANAGE), *rest], environ)  # noqa: S606 - no shell wanted


def _become_doctor(data: str | None, rest: Sequence[str]) -> int:
    given = ["--data", data] if data is not None else []
    return os.execv(sys.executable, [sys.executable, "-m", DOCTOR, *given, *rest])  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
