"""`manage.py start`: run the console under its supervisor, as `bin/run` does."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run the console. Options: [--demo] [--host H] [--port P] [--data DIR]."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process: the options set variables that Django's settings read when they load."""
        self._become_supervisor(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        self._become_supervisor([])

    def _become_supervisor(self, argv: list[str]) -> None:
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.supervisor", *argv])  # noqa: S606 - no shell wanted
