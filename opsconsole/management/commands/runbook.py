"""`manage.py runbook import FILE`, `runbook export SLUG`: runbooks in and out as markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.importer import Runbook, read_file, read_runbook
from bootstrap.importer.load import load_runbook
from bootstrap.importer.render import render
from bootstrap.importer.source import NotARunbook
from bootstrap.importer.summary import summary
from bootstrap.importer.target import app_of, runbook_slug
from bootstrap.runbooks.models import Runbook as StoredRunbook


class Command(BaseCommand):
    help = "Import a runbook from markdown (what was understood and what not is told), or export one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        imports = actions.add_parser("import", help="read a markdown file; store it as a new version")
        imports.add_argument("file", type=Path)
        imports.add_argument("--system", default="", help="slug of the system it is for; default: the one it names")
        imports.add_argument("--dry-run", action="store_true", help="tell what it holds and store nothing")
        imports.add_argument("--json", action="store_true", help="tell it as JSON")
        export = actions.add_parser("export", help="print the newest version as markdown")
        export.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "import":
            self._import(options)
        else:
            self._export(options["slug"])

    def _import(self, options: dict[str, Any]) -> None:
        try:
            source, found = read_file(options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except NotARunbook as error:
            raise CommandError(f"{options['file']}: {error}") from None
        told = summary(found)
        if not options["dry_run"]:
            told["stored"] = _store(found, source, options)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._tell(told)

    def _tell(self, told: dict[str, Any]) -> None:
        self.stdout.write(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in told["counts"].items()))
        for kind in ("unsure", "lint"):
            for note in told[kind]:
                self.stdout.write(f"line {note['line']}: {kind}: {note['text']}")
        if "stored" in told:
            self.stdout.write(told["stored"])

    def _export(self, slug: str) -> None:
        runbook = StoredRunbook.objects.filter(slug=slug).first()
        if runbook is None:
            known = ", ".join(StoredRunbook.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"No runbook {slug}. There are: {known}")
        self.stdout.write(render(read_runbook(runbook.versions.order_by("-number")[0].source).blocks))


def _store(found: Runbook, source: str, options: dict[str, Any]) -> str:
    """Store it, and say what is new."""
    app = app_of(found, options["system"])
    slug = runbook_slug(found, app, options["file"].stem)
    outcome = load_runbook(found, source, app, slug)
    if not outcome.created:
        return f"runbook {slug}: this text is version {outcome.version.number} already"
    new = "".join(f"; {version}" for version in outcome.checklist_versions)
    return f"runbook {slug}: version {outcome.version.number}{new}"
