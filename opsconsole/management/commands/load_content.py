"""`manage.py load_content`: everything that ships with the console, into the database. Run at each start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from bootstrap import content


class Command(BaseCommand):
    help = "Load the shipped systems, runbooks, rules and routing. Loading again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        done = content.load()
        self.stdout.write("\n".join(done) if done else "content is up to date")
