"""`manage.py verify_audit`: was any sign-off changed, removed or put in between?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.checklists.audit.verify import verify_audit


class Command(BaseCommand):
    help = "Recompute the hash chain of all sign-offs. Exits with 1 and names each place where it is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", metavar="HASH", help="a last hash noted earlier: must still be there")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_audit(options["head"])
        if report.findings:
            raise CommandError("\n".join(report.findings))
        self.stdout.write(f"{report.acts} sign-offs, chain intact; last hash {report.head or '(none)'}")
