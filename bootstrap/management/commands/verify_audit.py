"""`manage.py verify_audit`: checks whether any sign-off was changed, removed or inserted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.checklists.audit.verify import verify_audit


class Command(BaseCommand):
    help = "Recompute the hash chain of all sign-offs. Exits with 1 and names each place where it is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", metavar="HASH", help="a last hash noted earlier, still to be there")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_audit(options["head"])
        if report.findings:
            raise CommandError("\n".join(report.findings))
        self.stdout.write(f"{report.acts} sign-offs, chain intact; last hash {report.head or '(none)'}")
