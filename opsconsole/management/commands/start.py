"""`manage.py start`: the console under its supervisor, as `bin/run` starts it."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run the console. Options: see start --help of the supervisor, [--demo] [--host H] [--port P] [--data DIR]."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process: the settings are read when Django loads, so the options must come before that."""
        self._become_supervisor(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        self._become_supervisor([])

    def _become_supervisor(self, argv: list[str]) -> None:
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.supervisor", *argv])  # noqa: S606 - no shell wanted
