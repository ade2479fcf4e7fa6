"""`manage.py reseal`: seal stored secrets with the present SECRET_KEY."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from opsconsole.lib.db.reseal import reseal


class Command(BaseCommand):
    help = "Seal stored secrets with the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can be emptied."

    def handle(self, *args: Any, **options: Any) -> None:
        report = reseal(apps)
        self.stdout.write(f"{report.resealed} sealed anew, {report.current} had the present key.")
        if report.broken:
            rows = "\n  ".join(report.broken)
            raise CommandError(
                f"{len(report.broken)} cannot be opened with SECRET_KEY or one of SECRET_KEY_FALLBACKS:\n  {rows}\n"
                "Add the key that they were stored with to SECRET_KEY_FALLBACKS, or enter these secrets again."
            )
