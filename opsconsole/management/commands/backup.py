"""`manage.py backup`: starts `bin/manage backup`, so that the help lists it with the other commands."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Write everything that the console keeps to one new file. Arguments: FILE [--data DIR]."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process by the program, which says itself what is wrong."""
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.backup", "backup", *argv[2:]])  # noqa: S606 - no shell

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["", "", *map(str, args)])
