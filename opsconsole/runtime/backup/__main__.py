"""`python -m opsconsole.runtime.backup`: what `bin/manage backup` and `bin/manage restore` run."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import CommandError
from django.db.utils import DatabaseError

from opsconsole.env.variables import SettingError
from opsconsole.lib.text.refusal import for_terminal, not_empty
from opsconsole.runtime.backup.archive import KEY, ArchiveReader
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.target import claimed
from opsconsole.runtime.embedded import ServicesError, wanted_services
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.supervisor import runfile
from opsconsole.runtime.supervisor.attach import environment
from opsconsole.runtime.supervisor.options import add_data


def main(argv: Sequence[str]) -> int:
    """Make or restore a backup. Returns the exit status: 1 when that cannot be done, 2 for an invalid setting."""
    try:
        arguments = _parser().parse_args(argv)
        os.environ.update(environment(arguments.data, os.environ))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
        run = _backup if arguments.command == "backup" else _restore
        run(Path(arguments.file).expanduser().absolute(), Path(os.environ["OPSCONSOLE_DATA"]))
    except SettingError as error:
        return _print_error(str(error), 2)
    except (BackupError, ServicesError) as error:
        return _print_error(str(error), 1)
    except (DatabaseError, CommandError) as error:
        return _print_error(_explain(error), 1)
    except OSError as error:
        return _print_error(f"{error.filename or arguments.file}: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        return _print_error("interrupted; nothing was kept of what was begun", 130)
    return 0


def _explain(error: Exception) -> str:
    """A sentence on a server that cannot be used, or on a migration that failed."""
    from opsconsole.commandline import explain_database_error

    return explain_database_error(error) or " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/manage")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("backup", "Write everything that the console keeps to one new file of mode 0600. The console may run."),
        (
            "restore",
            "Restore a backup into a new data directory, or into the empty database of DATABASE_URL. Without --data it "
            "goes to that of OPSCONSOLE_DATA, else to var/ beside bin/, if there is no data yet.",
        ),
    ):
        command = commands.add_parser(name, description=text)
        command.add_argument("file", type=not_empty, metavar="FILE", help="the backup")
        add_data(command)
    return parser


def _backup(file: Path, data: Path) -> None:
    if runfile.unfinished_restore(data).exists():
        raise BackupError(runfile.refuse_unfinished(data))
    if "postgres" in wanted_services() and not layout_of(data).cluster.exists():
        raise BackupError(f"{data} has no database: there is nothing to back up. Name its directory with --data.")
    _set_up()
    from opsconsole.lib import clock
    from opsconsole.runtime.backup.create import make_backup
    from opsconsole.runtime.backup.summary import describe_backup

    manifest = make_backup(file, clock.now)
    sys.stdout.write(describe_backup(file, manifest))


def _restore(file: Path, data: Path) -> None:
    with ArchiveReader(file) as archive, claimed(data):
        if not os.environ.get("SECRET_KEY") and not os.environ.get("SECRET_KEY_FILE"):
            # The settings would otherwise create another key in the directory.
            os.environ["SECRET_KEY"] = archive.read(KEY).decode()
        _set_up()
        from opsconsole.lib import clock
        from opsconsole.runtime.backup.console_database import stop_servers
        from opsconsole.runtime.backup.restore import restore_backup
        from opsconsole.runtime.backup.summary import describe_restore

        result = restore_backup(archive, data, clock.now())
        stop_servers()
        sys.stdout.write(describe_restore(archive.manifest, data, result))


def _set_up() -> None:
    """Load Django, which reads the environment that is complete now. Raises SettingError."""
    import django

    from opsconsole.lib.gc_pause import collection_paused

    with collection_paused():
        django.setup()


def _print_error(text: str, status: int) -> int:
    sys.stderr.write(for_terminal(f"opsconsole: {text}") + "\n")
    return status


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what was begun is removed
        signal.signal(number, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
