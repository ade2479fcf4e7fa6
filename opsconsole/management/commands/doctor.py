"""`manage.py doctor`: what `bin/manage doctor` runs, listed with the other commands."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Look at every part of the console and say what to do. Options: [--data DIR]."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process: the report is made without the settings, which may be what is wrong."""
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.doctor", *argv[2:]])  # noqa: S606 - no shell

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["", ""])
