"""`python -m opsconsole.runtime.supervisor`: what `bin/run` and `manage.py start` run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from opsconsole.env import SettingError
from opsconsole.runtime.child_process import wake_on_signals
from opsconsole.runtime.embedded import SERVICES, Lease, ServicesError, acquire, wanted_services
from opsconsole.runtime.supervisor.console import Console
from opsconsole.runtime.supervisor.errors import CannotStart
from opsconsole.runtime.supervisor.exclusive import claim_data, claim_port
from opsconsole.runtime.supervisor.hide_password import hide_password
from opsconsole.runtime.supervisor.options import Options, parse
from opsconsole.runtime.supervisor.output import Output
from opsconsole.runtime.supervisor.preload import preload
from opsconsole.runtime.supervisor.stop_signals import Stopping

NAMES = {"postgres": "PostgreSQL", "redis": "Redis"}
LEAVING = 20.0  # seconds in which PostgreSQL ends and writes out what it has in memory


def main(argv: Sequence[str]) -> int:
    """Run a console; the exit status is 1 when it cannot start, 2 when a setting or option cannot be used."""
    hide_password()
    try:
        options = parse(argv, os.environ)
        os.environ.update(options.environ)
        return _run(options)
    except SettingError as error:
        return _complain(str(error), 2)
    except (CannotStart, ServicesError) as error:
        return _complain(str(error), 1)


def _run(options: Options) -> int:
    stopping = Stopping()
    output = Output(sys.stdout, wake_on_signals())
    stopping.listen()
    # Cheap refusals first, before anything is imported or started.
    with claim_data(options), claim_port(options) as listener:
        services = _hold_services(options, output)
        try:
            preload()
            return Console(options, listener, services, output, stopping).run()
        finally:
            if services is not None:
                services.close(wait=LEAVING)
            output.say("stopped")


def _hold_services(options: Options, output: Output) -> Lease | None:
    wanted = wanted_services(options.environ)
    if not wanted:
        return None
    output.say(f"starting {' and '.join(NAMES[name] for name in SERVICES if name in wanted)} in {options.data}")
    return acquire(options.data, wanted, notify=output.say)


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"opsconsole: {text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
