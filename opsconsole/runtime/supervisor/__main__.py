"""`python -m opsconsole.runtime.supervisor`, which `bin/run` and `manage.py start` run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from opsconsole.env.variables import SettingError
from opsconsole.lib.text.refusal import for_terminal
from opsconsole.runtime.child_process import signal_wakeup_fd
from opsconsole.runtime.embedded import SERVICES, Lease, ServicesError, acquire, wanted_services
from opsconsole.runtime.supervisor.console import Console
from opsconsole.runtime.supervisor.errors import CannotStart
from opsconsole.runtime.supervisor.hide_password import hide_password
from opsconsole.runtime.supervisor.options import Options, parse
from opsconsole.runtime.supervisor.output import Output
from opsconsole.runtime.supervisor.preload import preload
from opsconsole.runtime.supervisor.readiness import with_token
from opsconsole.runtime.supervisor.single_console import claim_data, claim_port
from opsconsole.runtime.supervisor.stop_signals import StopSignals

NAMES = {"postgres": "PostgreSQL", "redis": "Redis"}
SHUTDOWN_TIMEOUT = 20.0  # seconds for PostgreSQL to shut down and write a checkpoint


def main(argv: Sequence[str]) -> int:
    """Run a console. Returns the exit status: 1 when it cannot start, 2 for an invalid setting."""
    hide_password()
    try:
        options = parse(argv, os.environ)
        with_token(options.environ)
        os.environ.update(options.environ)
        return _run(options)
    except SettingError as error:
        return _print_error(str(error), 2)
    except (CannotStart, ServicesError) as error:
        return _print_error(str(error), 1)


def _run(options: Options) -> int:
    stop_signals = StopSignals()
    output = Output(sys.stdout, signal_wakeup_fd())
    stop_signals.listen()
    # Data directory and port first: a refusal must come before anything is imported or started.
    with claim_data(options), claim_port(options) as listener:
        lease = _lease_services(options, output)
        try:
            preload()
            return Console(options, listener, lease, output, stop_signals).run()
        finally:
            if lease is not None:
                lease.close(wait=SHUTDOWN_TIMEOUT)
            output.log("stopped")


def _lease_services(options: Options, output: Output) -> Lease | None:
    wanted = wanted_services(options.environ)
    if not wanted:
        return None
    output.log(f"starting {' and '.join(NAMES[name] for name in SERVICES if name in wanted)} in {options.data}")
    return acquire(options.data, wanted, notify=output.log)


def _print_error(text: str, status: int) -> int:
    sys.stderr.write(for_terminal(f"opsconsole: {text}") + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
