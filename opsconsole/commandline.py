"""Django's command line as `bin/manage` shows it: under that name, the console's own commands first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import ManagementUtility, get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.utils import DatabaseError, OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege, UndefinedColumn, UndefinedTable

from opsconsole.env import SettingError
from opsconsole.lib.db import epoch

OWN = {"opsconsole", "detections", "bootstrap"}
GUARDED = {"migrate"}  # Django's own, with a check of ours before
NAME = "bin/manage"


class Commands(ManagementUtility):
    """manage.py with help for the people who run a console."""

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__([NAME, *argv[1:]])
        self.prog_name = NAME

    def main_help_text(self, commands_only: bool = False) -> str:
        """The console's commands with what they do, then the names of Django's."""
        if commands_only:
            return super().main_help_text(commands_only=True)
        others = sorted(name for name, app in get_commands().items() if app not in OWN or name in GUARDED)
        own = "\n".join(own_commands())
        rest = f"Of Django and its apps: {', '.join(others)}"
        return f"{NAME} [--data DIR] COMMAND; {NAME} COMMAND --help tells its options.\n\n{own}\n\n{rest}"

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command, its usage under our name. An unknown one ends the process with a list."""
        if subcommand not in get_commands():
            sys.stderr.write(f"{NAME} has no command {subcommand!r}. The console's are:\n\n")
            sys.stderr.write("\n".join(own_commands()) + f"\n\n{NAME} help lists Django's, too.\n")
            sys.exit(2)
        command = super().fetch_command(subcommand)
        make = command.create_parser

        def create_parser(prog_name: str, name: str, **options: Any) -> Any:
            parser = make(prog_name, name, **options)
            parser.prog = f"{NAME} {name}"
            return parser

        command.create_parser = create_parser  # type: ignore[method-assign, assignment]
        return command


def own_commands() -> list[str]:
    """A line for each command of the console: its name and the first sentence of its help."""
    own = sorted((name, app) for name, app in get_commands().items() if app in OWN and name not in GUARDED)
    helps = {name: load_command_class(str(app), name).help.split(". ")[0].rstrip(".") for name, app in own}
    width = max(map(len, helps))
    return [f"  {name:<{width}}  {text}" for name, text in helps.items()]


def execute(argv: Sequence[str]) -> None:
    """Run a command. What stands in its way outside the code (a setting, the database) is told in sentences."""
    try:
        Commands(argv).execute()
    except SettingError as error:
        sys.exit(f"opsconsole: {error}")
    except (OperationalError, ProgrammingError) as error:
        told = database_trouble(error)
        if told is None:
            raise
        sys.exit(f"opsconsole: {told}")


def database_trouble(error: Exception) -> str | None:
    """What is wrong with the database and what to do; None for an error of the console itself."""
    cause = error.__cause__ or error
    said = " ".join(str(cause).split())
    if isinstance(cause, UndefinedColumn):
        return _other_epoch()
    if isinstance(cause, UndefinedTable):
        return _other_epoch() or (
            f"The console's database (data directory {settings.DATA_DIR}) is not set up, or older than this code. "
            "Start it once with bin/run; a console with another --data DIR is reached by bin/manage --data DIR."
        )
    if isinstance(cause, InsufficientPrivilege):
        return f"The user of DATABASE_URL may not do this: {said}. Make it the owner of the database."
    if isinstance(error, OperationalError) and not getattr(cause, "sqlstate", None):
        return (
            f"PostgreSQL cannot be used: {said}. Check that it runs and that DATABASE_URL names host, port, user and "
            "an existing database; without DATABASE_URL the console runs a PostgreSQL of its own."
        )
    return None


def _other_epoch() -> str | None:
    """The sentence about a database of another schema epoch; None for one of this epoch, or where it cannot be read."""
    another = connection.copy()  # the one that failed may be in an aborted transaction
    try:
        epoch.check(another)
    except epoch.WrongEpoch as error:
        return str(error)
    except DatabaseError:
        return None
    finally:
        another.close()
    return None
