"""`python -m opsconsole.runtime.doctor`: what `bin/manage doctor` runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from opsconsole.env.variables import SettingError
from opsconsole.lib import clock
from opsconsole.runtime.doctor import machine
from opsconsole.runtime.doctor.audit import audit
from opsconsole.runtime.doctor.outbox import outbox
from opsconsole.runtime.doctor.processes import PROGRAMS, processes
from opsconsole.runtime.doctor.report import CheckResult, CheckStatus, check, one_line, render
from opsconsole.runtime.doctor.self_watch import self_watch
from opsconsole.runtime.doctor.servers import Servers, migrations
from opsconsole.runtime.doctor.targets import targets
from opsconsole.runtime.supervisor.attach import environment
from opsconsole.runtime.supervisor.options import add_data


def main(argv: Sequence[str]) -> int:
    """Print the report. Returns the exit status, 1 when a check has failed."""
    parser = argparse.ArgumentParser(prog="bin/manage doctor", description="Check every part of the console.")
    add_data(parser)
    data = parser.parse_args(argv).data
    results = examine(data, os.environ)
    sys.stdout.write(render(results))
    return int(any(result.status is CheckStatus.FAIL for result in results))


def examine(data_option: str | None, environ: Mapping[str, str]) -> list[CheckResult]:
    """The results for a data directory, each part before those that depend on it."""
    try:
        merged = environment(data_option, environ)
    except (SettingError, OSError):  # an unreadable directory; its own check reports it
        merged = {**environ, "OPSCONSOLE_DATA": os.path.abspath(data_option or environ.get("OPSCONSOLE_DATA", "var"))}
    data = Path(merged["OPSCONSOLE_DATA"])
    results = [
        check("python", machine.python),
        check("settings", partial(machine.settings, merged)),
        check("data", partial(machine.data_directory, data)),
        check("disk", partial(machine.disk, data)),
    ]
    if CheckStatus.FAIL in {results[1].status, results[2].status}:
        rest = ("postgresql", "migrations", "audit", "outbox", "targets", "watch", "redis", *PROGRAMS)
        skipped = [CheckResult(name, CheckStatus.WARN, "", "not checked", "fix the above first") for name in rest]
        return [*results, *skipped]
    return [*results, *_servers(data, merged), *_processes(data, merged)]


def _servers(data: Path, environ: Mapping[str, str]) -> list[CheckResult]:
    servers = Servers(data, environ)
    with servers.running():
        return [
            check("postgresql", servers.postgres),
            check("migrations", partial(migrations, servers)),
            check("audit", partial(audit, servers, clock.now())),
            check("outbox", partial(outbox, servers, clock.now())),
            check("targets", partial(targets, servers)),
            check("watch", partial(self_watch, servers, clock.now())),
            check("redis", servers.redis),
        ]


def _processes(data: Path, environ: Mapping[str, str]) -> list[CheckResult]:
    try:
        return processes(data, environ)
    except Exception as error:  # as in check()
        detail = f"could not be checked: {type(error).__name__}: {one_line(error)}"
        return [CheckResult(name, CheckStatus.FAIL, "", detail) for name in PROGRAMS]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
