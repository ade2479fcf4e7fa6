"""`manage.py migrate`: Django's command, which refuses a database of another schema epoch."""

from __future__ import annotations

from typing import Any

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from opsconsole.lib.db import epoch


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> str | None:
        try:
            epoch.check(connections[options["database"]])
        except epoch.WrongEpoch as error:
            raise CommandError(str(error)) from None
        return super().handle(*args, **options)
