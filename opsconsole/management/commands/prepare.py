"""`manage.py prepare`: everything that must be there before web starts. Safe to repeat."""

from __future__ import annotations

import io
import json
import os
from typing import Any

from django.core.management import CommandError, call_command, get_commands
from django.core.management.base import BaseCommand, CommandParser

from opsconsole.accounts.first_admin import create_first_admin


class Command(BaseCommand):
    help = "Migrate, load the shipped content and create the first admin. The release step of a deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--report", type=int, metavar="FD", help="write login and DSN to this descriptor as JSON, do not print them"
        )

    def handle(self, *args: Any, report: int | None, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        if "load_content" in get_commands():
            call_command("load_content")
        found = {"login": create_first_admin(), "dsn": _dsn("raptor")}
        if report is not None:
            os.write(report, json.dumps(found).encode())
            return
        for name, text in found.items():
            if text:
                self.stdout.write(f"{name}: {text}")


def _dsn(project: str) -> str | None:
    printed = io.StringIO()
    try:
        call_command("dsn", project, stdout=printed)
    except CommandError:  # also: no such command
        return None
    return printed.getvalue().strip() or None
