"""`bin/manage`: runs manage.py with the settings and servers of the console that runs on a data directory.

    python -m opsconsole.runtime.supervisor.attach [--data DIR] COMMAND...

Without a running console the embedded servers start for the command. Variables of the caller win over the console's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from opsconsole.env.variables import SettingError, read
from opsconsole.lib.text.refusal import for_terminal
from opsconsole.runtime.supervisor import runfile

MANAGE = Path(__file__).parents[3] / "manage.py"
# Commands that are programs of their own, since they work where Django's settings do not load or must not yet.
PROGRAMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "doctor": ("opsconsole.runtime.doctor",),
        "backup": ("opsconsole.runtime.backup", "backup"),
        "restore": ("opsconsole.runtime.backup", "restore"),
        "probe": ("detections.probes.command",),
    }
)


def split_data(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The value of `--data DIR` or `--data=DIR` before a `--`, None without, and the other words of the command line.

    Raises SettingError when DIR is missing or empty, as `--data "$UNSET"` gives it.
    """
    rest: list[str] = []
    data: str | None = None
    words = iter(argv)
    for word in words:
        if word == "--":
            return data, [*rest, word, *words]
        if word == "--data":
            data = next(words, "")
        elif word.startswith("--data="):
            data = word.removeprefix("--data=")
        else:
            rest.append(word)
        if data == "":
            raise SettingError("--data: names no directory. Allowed: --data DIR.")
    return data, rest


def environment(data: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command: `environ`, completed by the settings of the running console."""
    explicit = dict(environ)
    if data is not None:
        explicit["OPSCONSOLE_DATA"] = data
    directory = Path(os.path.abspath(read("OPSCONSOLE_DATA", explicit)))
    running = runfile.running(directory)
    inherited = running.get("environment", {}) if running else {}
    has_address = {"OPSCONSOLE_PUBLIC_URL", "OPSCONSOLE_HOST", "OPSCONSOLE_PORT"}.intersection(explicit)
    if running is None and not has_address and (address := runfile.last_address(directory)):
        inherited = {"OPSCONSOLE_PUBLIC_URL": address}
    return {**inherited, **explicit, "OPSCONSOLE_DATA": str(directory)}


def main(argv: Sequence[str]) -> int:
    """Replace this process by manage.py. Returns the exit status 2 for an invalid setting."""
    try:
        data, rest = split_data(argv)
        if rest and rest[0] in PROGRAMS:
            return _exec_program(PROGRAMS[rest[0]], data, rest[1:])
        environ = environment(data, os.environ)
    except (SettingError, OSError) as error:
        sys.stderr.write(for_terminal(f"opsconsole: {error}") + "\n")
        return 2
    return os.execve(sys.executable, [sys.executable, str(MANAGE), *rest], environ)  # noqa: S606 - no shell wanted


def _exec_program(program: Sequence[str], data: str | None, rest: Sequence[str]) -> int:
    data_option = ["--data", data] if data is not None else []
    return os.execv(sys.executable, [sys.executable, "-m", *program, *data_option, *rest])  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
