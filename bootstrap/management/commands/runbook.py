"""`manage.py runbook import FILE`, `runbook export SLUG`: runbooks in and out as markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.importer import Runbook, read_file, read_runbook
from bootstrap.importer.markdown.decode import ALLOWED, LARGEST, NotARunbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.review.summary import summary
from bootstrap.importer.store.target import UnknownSystem, app_of, check_system, runbook_slug
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.importer.text_to_runbook import refuse_empty
from bootstrap.runbooks.models import Runbook as StoredRunbook
from opsconsole.lib.lookup import NotFound, find


class Command(BaseCommand):
    help = "Import a runbook from markdown (what was understood and what not is told), or export one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        imports = actions.add_parser("import", help="read a markdown file; store it as a new version")
        imports.add_argument("file", type=Path)
        imports.add_argument("--system", default="", help="slug of the system it is for; default: the one it names")
        imports.add_argument("--create", action="store_true", help="make the system that --system names, if need be")
        imports.add_argument("--dry-run", action="store_true", help="tell what it holds and store nothing")
        imports.add_argument("--json", action="store_true", help="tell it as JSON, a refusal as well")
        export = actions.add_parser("export", help="print the newest version as markdown")
        export.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self._export(options["slug"])
            return
        try:
            told = self._import(options)
        except (OSError, NotARunbook, UnknownSystem) as error:
            self._refuse(error, options)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._tell(told)

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        check_system(options["system"], create=options["create"])
        with options["file"].open("rb") as file:
            data = file.read(LARGEST + 1)
        self._progress(f"reading {len(data):,} bytes")
        source, found = read_file(data, options["file"].name)
        told = summary(found)
        self._progress(f"understood {told['counts']['items']:,} items in {told['counts']['sections']:,} sections")
        if not options["dry_run"]:
            told |= self._store(found, source, options)
        return told

    def _store(self, found: Runbook, source: str, options: dict[str, Any]) -> dict[str, Any]:
        """Store it, and say what is new."""
        refuse_empty(found)
        app = app_of(found, options["system"])
        slug = runbook_slug(found, app.system.slug, options["file"].stem)
        outcome = load_runbook(found, source, app, slug)
        number = outcome.version.number
        new = "".join(f"; {version}" for version in outcome.checklist_versions) or "; no checklist changed"
        said = f"version {number}{new}" if outcome.created else f"this text is version {number} already"
        self._progress("stored" if outcome.created else "nothing to store")
        stored = f"runbook {slug}: {said}"
        return {"stored": stored, "system": app.system.slug, "runbook": slug, "version": number}

    def _progress(self, text: str) -> None:
        """For the person who waits; scripts read standard output."""
        self.stderr.write(text, style_func=str)

    def _refuse(self, error: Exception, options: dict[str, Any]) -> NoReturn:
        """Exit with 1 and a sentence; with --json also as JSON on standard output."""
        said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        allowed = "" if isinstance(error, UnknownSystem) else ALLOWED
        if options["json"]:
            self.stdout.write(json.dumps({"error": said, "allowed": allowed}, indent=2, ensure_ascii=False))
        hint = f" A runbook is {allowed}." if allowed else ""
        raise CommandError(f"{options['file']}: {said}{hint}") from None

    def _tell(self, told: dict[str, Any]) -> None:
        self.stdout.write(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in told["counts"].items()))
        for kind in ("unsure", "lint"):
            for note in told[kind]:
                self.stdout.write(f"line {note['line']}: {kind}: {note['text']}")
        if "stored" in told:
            self.stdout.write(told["stored"])

    def _export(self, slug: str) -> None:
        try:
            runbook = find(StoredRunbook.objects.all(), "runbook", slug)
        except NotFound as error:
            raise CommandError(str(error)) from None
        self.stdout.write(render(read_runbook(runbook.versions.order_by("-number")[0].source).blocks))
