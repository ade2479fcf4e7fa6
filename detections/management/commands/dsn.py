"""`manage.py dsn PROJECT`: prints the project's DSN alone, for scripts; makes the project where it is new."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug

from detections.telemetry.connect import usable_key
from detections.telemetry.dsn import dsn


class Command(BaseCommand):
    help = "Print the DSN of a project (made if needed) and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="Slug of the project: letters, digits, hyphens, underscores.")

    def handle(self, *args: Any, project: str, **options: Any) -> None:
        try:
            validate_slug(project)
        except ValidationError:
            raise CommandError(f"{project!r} is no slug; allowed: letters, digits, hyphens, underscores.") from None
        key = usable_key(project)
        self.stdout.write(dsn(settings.PUBLIC_URL, key.public_key, key.project_id))
