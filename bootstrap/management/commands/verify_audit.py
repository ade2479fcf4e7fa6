"""`manage.py verify_audit`: checks whether any sign-off was changed, removed or inserted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.checklists.audit.chain_head import KnownHead, parse_head
from bootstrap.checklists.audit.verify import AuditReport, verify_audit
from bootstrap.checklists.models import RestoreRecord


class Command(BaseCommand):
    help = (
        "Recompute the hash chain of all sign-offs and compare it with the heads that are known. Prints what is proven "
        "and what is not; exits with 1 and names each place where it is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head that was kept elsewhere, e.g. from a daily message; may be repeated",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django's; what follows --head is its value also where it begins with a dash, and refused as such."""
        words = iter(argv)
        joined = (f"{word}={next(words, '')}" if word == "--head" else word for word in words)
        super().run_from_argv(list(joined))

    def handle(self, *args: Any, head: str | list[str], **options: Any) -> None:
        report = verify_audit(_given(head))
        restores = [f"Restored: {restore}" for restore in RestoreRecord.objects.order_by("pk")]
        if report.findings:
            raise CommandError("\n".join([*report.findings, *_conclusions(report), *restores]))
        self.stdout.write("\n".join([*_lines(report), *restores]))


def _given(texts: str | list[str]) -> list[KnownHead]:
    try:
        return [parse_head(text) for text in ([texts] if isinstance(texts, str) else texts)]
    except ValueError as error:
        raise CommandError(str(error)) from None


def _lines(report: AuditReport) -> Iterator[str]:
    head = f"head {report.head}" if report.head else "no head yet"
    result = f"intact up to sign-off {report.intact_up_to}" if report.intact_up_to else "no fault found"
    yield f"{report.acts} sign-offs, {result}; {head}"
    yield from _conclusions(report)


def _conclusions(report: AuditReport) -> Iterator[str]:
    for sentence in report.proven:
        yield f"Proven: {sentence}."
    for sentence in report.not_proven:
        yield f"Not proven: {sentence}."
