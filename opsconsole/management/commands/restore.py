"""`manage.py restore`: starts `bin/manage restore`, so that the help lists it with the other commands."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Restore a backup into a new data directory. Arguments: FILE [--data NEW]; without it into var/ beside bin/."

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process by the program, which says itself what is wrong."""
        os.execv(sys.executable, [sys.executable, "-m", "opsconsole.runtime.backup", "restore", *argv[2:]])  # noqa: S606 - no shell

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["", "", *map(str, args)])
