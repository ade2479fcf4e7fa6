"""`manage.py prepare`: migrate, load content, create the first admin. Safe to repeat."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

from opsconsole.accounts.first_admin import create_first_admin
from opsconsole.lib.db import epoch
from opsconsole.lib.redis import client
from opsconsole.runtime.embedded import wanted_services
from opsconsole.runtime.embedded.backend.process_lease import process_lease

MAX_LISTED = 6  # loaded things; more are counted by kind


class Command(BaseCommand):
    help = "Migrate, load the shipped content and create the first admin. The release step of a deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--report", type=int, metavar="FD", help="write login and DSN to this descriptor as JSON, do not print them"
        )

    def handle(self, *args: Any, report: int | None, **options: Any) -> None:
        self._migrate()
        self._load_content()
        result = {"login": create_first_admin(), "dsn": _dsn("raptor")}
        if report is not None:
            _check_redis()
            os.write(report, json.dumps(result).encode())
            return
        for name, text in result.items():
            if text:
                self.stdout.write(f"{name}: {text}")

    def _migrate(self) -> None:
        try:
            epoch.check(connection)
        except epoch.WrongEpoch as error:
            raise CommandError(str(error)) from None
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if pending:
            self.stdout.write(f"database: {pending} migrations to apply, some seconds")
        call_command("migrate", interactive=False, verbosity=0)
        if pending:
            self.stdout.write("database: up to date")

    def _load_content(self) -> None:
        """Load content and list what was added; more than MAX_LISTED things are counted by kind."""
        printed = io.StringIO()
        call_command("load_content", stdout=printed)
        lines = [line for line in printed.getvalue().splitlines() if line.strip()]
        for line in lines if len(lines) <= MAX_LISTED else [f"content loaded: {_by_kind(lines)}"]:
            self.stdout.write(line)


def _check_redis() -> None:
    """Raises CommandError when Redis cannot be used; the console would otherwise wait for it silently."""
    if "redis" in wanted_services():
        process_lease(settings.DATA_DIR)  # starts it
    try:
        client().ping()
    except RedisError as error:
        raise CommandError(
            f"Redis cannot be used: {error}. Check that it runs and that REDIS_URL names it; without REDIS_URL the "
            "console runs a Redis of its own."
        ) from None


def _by_kind(lines: list[str]) -> str:
    """Counts by first word: "rule X loaded", … becomes "2 rules, 1 project"."""
    kinds = Counter(line.split()[0] for line in lines)
    return ", ".join(f"{n} {kind if n == 1 else _plural(kind)}" for kind, n in kinds.items())


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _dsn(project: str) -> str | None:
    printed = io.StringIO()
    try:
        call_command("dsn", project, stdout=printed)
    except CommandError:  # no such project, or no such command
        return None
    return printed.getvalue().strip() or None
