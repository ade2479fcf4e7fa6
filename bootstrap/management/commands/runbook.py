"""`manage.py runbook import FILE`, `runbook export SLUG`: runbooks in and out as markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.importer import ParsedRunbook, read_file, read_runbook
from bootstrap.importer.markdown.decode import ALLOWED, LARGEST, NotARunbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.review.summary import summary
from bootstrap.importer.store.page_edits import lost_edits
from bootstrap.importer.store.target import UnknownSystem, app_of, check_system, runbook_slug
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.importer.text_to_runbook import refuse_empty
from bootstrap.runbooks.models import Runbook
from opsconsole.lib.lookup import NotFound, find


class Command(BaseCommand):
    help = "Import a runbook from markdown, and report what was understood and what not; or export one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        imports = actions.add_parser("import", help="read a markdown file; store it as a new version")
        imports.add_argument("file", type=Path)
        imports.add_argument("--system", default="", help="slug of the system it is for; default: the one it names")
        imports.add_argument("--create", action="store_true", help="create the system of --system, if there is none")
        imports.add_argument("--dry-run", action="store_true", help="report its content and store nothing")
        imports.add_argument(
            "--json", action="store_true", help="print the report, or the reason of a refusal, as JSON"
        )
        export = actions.add_parser("export", help="print the newest version as markdown")
        export.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self._export(options["slug"])
            return
        try:
            report = self._import(options)
        except (OSError, NotARunbook, UnknownSystem) as error:
            self._refuse(error, options)
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._print(report)

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        check_system(options["system"], create=options["create"])
        with options["file"].open("rb") as file:
            data = file.read(LARGEST + 1)
        self._progress(f"reading {len(data):,} bytes")
        source, runbook = read_file(data, options["file"].name)
        refuse_empty(runbook)
        report = summary(runbook)
        self._progress(f"understood {report['counts']['items']:,} items in {report['counts']['sections']:,} sections")
        if not options["dry_run"]:
            report |= self._store(runbook, source, options)
        return report

    def _store(self, parsed: ParsedRunbook, source: str, options: dict[str, Any]) -> dict[str, Any]:
        """Store the runbook as a new version. Returns what the report says of it."""
        app = app_of(parsed, options["system"])
        slug = runbook_slug(parsed, app.system.slug, options["file"].stem)
        if lost := lost_edits(parsed, app.system.slug):
            names = ", ".join(f"{what} {key}" for what, key in lost.edits[:20])
            self._progress(f"undoes {len(lost.edits)} edits made on the page since version {lost.since}: {names}")
        outcome = load_runbook(parsed, source, app, slug)
        number = outcome.version.number
        new = "".join(f"; {version}" for version in outcome.checklist_versions) or "; no checklist changed"
        version = f"version {number}{new}" if outcome.created else f"this text is version {number} already"
        self._progress("stored" if outcome.created else "nothing to store")
        stored = f"runbook {slug}: {version}"
        return {"stored": stored, "system": app.system.slug, "runbook": slug, "version": number}

    def _progress(self, text: str) -> None:
        """Print progress for people to standard error; scripts read standard output."""
        self.stderr.write(text, style_func=str)

    def _refuse(self, error: Exception, options: dict[str, Any]) -> NoReturn:
        """Exit with 1 and the reason; with --json, print it to standard output as well."""
        message = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        allowed = "" if isinstance(error, UnknownSystem) else ALLOWED
        if options["json"]:
            self.stdout.write(json.dumps({"error": message, "allowed": allowed}, indent=2, ensure_ascii=False))
        hint = f" A runbook is {allowed}." if allowed else ""
        raise CommandError(f"{options['file']}: {message}{hint}") from None

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in report["counts"].items()))
        for kind in ("unsure", "lint"):
            for note in report[kind]:
                self.stdout.write(f"line {note['line']}: {kind}: {note['text']}")
        if "stored" in report:
            self.stdout.write(report["stored"])

    def _export(self, slug: str) -> None:
        try:
            runbook = find(Runbook.objects.all(), "runbook", slug)
        except NotFound as error:
            raise CommandError(str(error)) from None
        self.stdout.write(render(read_runbook(runbook.versions.order_by("-number")[0].source).blocks))
