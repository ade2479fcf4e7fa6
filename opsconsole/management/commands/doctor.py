"""`manage.py doctor`: starts `bin/manage doctor`, so that the help lists it with the other commands."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Check every part of the console and say what to do. Options: [--data DIR]."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process: the doctor runs without Django's settings, which may be invalid."""
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.doctor", *argv[2:]])  # noqa: S606 - no shell

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["", ""])
