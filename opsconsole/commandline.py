"""Django's command line under the name `bin/manage`, with the console's own commands listed first."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import CommandError, ManagementUtility, get_commands, load_command_class
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import connection
from django.db.utils import DatabaseError, OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege, UndefinedColumn, UndefinedTable

from opsconsole.env.variables import SettingError
from opsconsole.lib.db import epoch
from opsconsole.lib.text.refusal import for_terminal

OWN = {"opsconsole", "detections", "bootstrap"}
WRAPPED = {"migrate"}  # Django's command with a check before it
NAME = "bin/manage"


class Commands(ManagementUtility):
    """ManagementUtility with help for operators."""

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__([NAME, *argv[1:]])
        self.prog_name = NAME

    def main_help_text(self, commands_only: bool = False) -> str:
        """The console's commands with the first sentence of their help, then the names of Django's."""
        if commands_only:
            return super().main_help_text(commands_only=True)
        others = sorted(name for name, app in get_commands().items() if app not in OWN or name in WRAPPED)
        own = "\n".join(own_commands())
        rest = f"Of Django and its apps: {', '.join(others)}"
        return f"{NAME} [--data DIR] COMMAND; {NAME} COMMAND --help lists its options.\n\n{own}\n\n{rest}"

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command, with NAME in its usage and refusals in its own words. Exits with status 2 and a list of commands
        for an unknown name."""
        gc.freeze()
        gc.enable()
        if subcommand not in get_commands():
            sys.stderr.write(f"{NAME} has no command {subcommand!r}. The console's commands are:\n\n")
            sys.stderr.write("\n".join(own_commands()) + f"\n\n{NAME} help also lists those of Django.\n")
            sys.exit(2)
        command = super().fetch_command(subcommand)
        if get_commands()[subcommand] in OWN and subcommand not in WRAPPED:
            # They look at the code, which the start and the tests did, and take a second from who is in a hurry.
            command.requires_system_checks = []
        make = command.create_parser

        def create_parser(prog_name: str, name: str, **options: Any) -> Any:
            parser = make(prog_name, name, **options)
            parser.prog = f"{NAME} {name}"
            return parser

        command.create_parser = create_parser  # type: ignore[method-assign, assignment]
        command.execute = partial(_execute, command, command.execute)  # type: ignore[method-assign]
        return command


def _execute(command: BaseCommand, run: Callable[..., str | None], /, *args: Any, **options: Any) -> str | None:
    """Run a command. A refusal exits with its text alone; Django would put the name of the class before it."""
    try:
        return run(*args, **options)
    except SystemCheckError:
        raise
    except CommandError as error:
        if options.get("traceback"):
            raise
        command.stderr.write(for_terminal(str(error)))
        sys.exit(error.returncode)


def own_commands() -> list[str]:
    """A line for each command of the console: its name and the first sentence of its help."""
    own = sorted((name, app) for name, app in get_commands().items() if app in OWN and name not in WRAPPED)
    helps = {name: load_command_class(str(app), name).help.split(". ")[0].rstrip(".") for name, app in own}
    width = max(map(len, helps))
    return [f"  {name:<{width}}  {text}" for name, text in helps.items()]


def execute(argv: Sequence[str]) -> None:
    """Run a command. A wrong setting or an unusable database exits with an explanation in place of a traceback."""
    gc.disable()  # a tenth of the time that imports take; Commands enables it once they are done
    try:
        Commands(argv).execute()
    except SettingError as error:
        sys.exit(for_terminal(f"opsconsole: {error}"))
    except (OperationalError, ProgrammingError) as error:
        explanation = explain_database_error(error)
        if explanation is None:
            raise
        sys.exit(for_terminal(f"opsconsole: {explanation}"))
    finally:
        gc.enable()


def explain_database_error(error: Exception) -> str | None:
    """What is wrong with the database and what to do; None for an error of the console itself."""
    cause = error.__cause__ or error
    message = " ".join(str(cause).split())
    if isinstance(cause, UndefinedColumn):
        return _other_epoch()
    if isinstance(cause, UndefinedTable):
        return _other_epoch() or (
            f"The console's database (data directory {settings.DATA_DIR}) is not set up, or older than this code. "
            "Start it once with bin/run. A console with another --data DIR is reached by bin/manage --data DIR."
        )
    if isinstance(cause, InsufficientPrivilege):
        return f"The user of DATABASE_URL may not do this: {message}. Make it the owner of the database."
    if isinstance(error, OperationalError) and not getattr(cause, "sqlstate", None):
        return (
            f"PostgreSQL cannot be used: {message}. Check that it runs and that DATABASE_URL names host, port, user "
            "and an existing database; without DATABASE_URL the console runs a PostgreSQL of its own."
        )
    return None


def _other_epoch() -> str | None:
    """The explanation for a database of another schema epoch; None for one of this epoch or one that is unreadable."""
    another = connection.copy()  # the failed connection may be in an aborted transaction
    try:
        epoch.check(another)
    except epoch.WrongEpoch as error:
        return str(error)
    except DatabaseError:
        return None
    finally:
        another.close()
    return None
