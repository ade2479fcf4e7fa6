"""`python -m opsconsole.runtime.doctor`: what `bin/manage doctor` runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from opsconsole.env import SettingError
from opsconsole.runtime.doctor import machine
from opsconsole.runtime.doctor.processes import PROGRAMS, processes
from opsconsole.runtime.doctor.report import Part, PartState, check, one_line, render
from opsconsole.runtime.doctor.servers import Servers, migrations
from opsconsole.runtime.supervisor.attach import environment


def main(argv: Sequence[str]) -> int:
    """Print the report; the exit status is 1 when a part has failed."""
    parser = argparse.ArgumentParser(prog="bin/manage doctor", description="Look at every part of the console.")
    parser.add_argument("--data", metavar="DIR", help="data directory (default: OPSCONSOLE_DATA or var/)")
    given = parser.parse_args(argv).data
    parts = examine(given, os.environ)
    sys.stdout.write(render(parts))
    return int(any(part.state is PartState.FAIL for part in parts))


def examine(given: str | None, environ: Mapping[str, str]) -> list[Part]:
    """Every part of the console on a data directory, in the order in which one depends on the next."""
    try:
        merged = environment(given, environ)
    except (SettingError, OSError):  # a directory that cannot be read; its own line says so
        merged = {**environ, "OPSCONSOLE_DATA": os.path.abspath(given or environ.get("OPSCONSOLE_DATA", "var"))}
    data = Path(merged["OPSCONSOLE_DATA"])
    parts = [
        check("python", machine.python),
        check("settings", partial(machine.settings, merged)),
        check("data", partial(machine.data_directory, data)),
        check("disk", partial(machine.disk, data)),
    ]
    if parts[1].state is PartState.FAIL or parts[2].state is PartState.FAIL:
        rest = ("postgresql", "migrations", "redis", *PROGRAMS)
        return [*parts, *(Part(name, PartState.WARN, "", "not looked at", "mend the above first") for name in rest)]
    return [*parts, *_servers(data, merged), *_processes(data, merged)]


def _servers(data: Path, environ: Mapping[str, str]) -> list[Part]:
    servers = Servers(data, environ)
    with servers.running():
        return [
            check("postgresql", servers.postgres),
            check("migrations", partial(migrations, servers)),
            check("redis", servers.redis),
        ]


def _processes(data: Path, environ: Mapping[str, str]) -> list[Part]:
    try:
        return processes(data, environ)
    except Exception as error:  # as in check()
        detail = f"could not be checked: {type(error).__name__}: {one_line(error)}"
        return [Part(name, PartState.FAIL, "", detail) for name in PROGRAMS]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
