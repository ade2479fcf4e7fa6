"""`manage.py runbook import FILE`, `runbook export SLUG`: runbooks in and out as markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.importer import ParsedRunbook, read_file, read_runbook
from bootstrap.importer.markdown.decode import ALLOWED, LARGEST, NotARunbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.steps import number_of_steps, with_boxes
from bootstrap.importer.review.summary import counts_in_words, summary
from bootstrap.importer.store.destination import Destination, Undecided, WrongSlug, decided
from bootstrap.importer.store.import_text import Wanted, store
from bootstrap.importer.store.outcome import as_json, counted
from bootstrap.importer.store.page_edits import UndoesEdits
from bootstrap.importer.store.plan import plan
from bootstrap.importer.store.target import UnknownSystem, check_system
from bootstrap.importer.text_to_runbook import refuse_empty
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import System
from opsconsole.lib.lookup import NotFound, find

_REFUSALS = (NotARunbook, UnknownSystem, Undecided, WrongSlug, UndoesEdits)
_HOW_TO_KEEP = (
    "Nothing was stored. `runbook export` prints the text with them, to be taken over. To undo them: --undo-edits."
)


class Command(BaseCommand):
    help = "Import a runbook from markdown, and report what was understood and what not; or export one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        imports = actions.add_parser("import", help="read a markdown file; store it as a new version")
        imports.add_argument("file", type=Path)
        imports.add_argument("--system", default="", help="slug of the system it is for; default: the one it names")
        imports.add_argument("--create", action="store_true", help="create the system of --system, if there is none")
        imports.add_argument("--system-name", default="", metavar="NAME", help="name of a system that is created")
        imports.add_argument(
            "--as",
            default="",
            dest="slug",
            metavar="SLUG",
            help="store it as the next version of the runbook SLUG, whatever its title, or as a new one called that",
        )
        imports.add_argument(
            "--steps",
            choices=("each", "in-order"),
            default="",
            help="make items of the numbered steps of a text without boxes; in-order: each waits for the one before",
        )
        imports.add_argument("--undo-edits", action="store_true", help="store it although it lacks edits of the page")
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
        except (OSError, *_REFUSALS) as error:
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
        if options["steps"]:
            source, runbook = _with_steps(runbook, in_order=options["steps"] == "in-order")
        refuse_empty(runbook)
        report = summary(runbook)
        found = report["counts"]
        self._progress(f"understood {counted(found['items'], 'item')} in {counted(found['sections'], 'section')}")
        names = (options["system"], options["system_name"], options["slug"], options["file"].stem)
        wanted = Wanted(*names, undo_edits=options["undo_edits"])
        return report | (_planned if options["dry_run"] else self._store)(runbook, source, wanted)

    def _store(self, parsed: ParsedRunbook, source: str, wanted: Wanted) -> dict[str, Any]:
        """Store the runbook as a new version. Returns what the report says of it."""
        before = set(System.objects.values_list("slug", flat=True))
        if wanted.undo_edits and (lost := plan(parsed, source, wanted).lost):
            self._progress(str(lost).replace("It would undo", "undoes"))
        outcome = store(parsed, source, wanted, None)
        runbook, number = outcome.version.runbook, outcome.version.number
        system = runbook.system
        if system.slug not in before:
            self._progress(f"system {system.slug} made, called {system.name}")
        elif wanted.system_name and wanted.system_name != system.name:
            self._progress(f"the system {system.slug} is there already and keeps its name, {system.name}")
        already = "" if outcome.created else "this text is "
        older = f"; version {outcome.newest} is newer" if outcome.newest != number else ""
        what = f"{already}version {number}{'' if outcome.created else ' already'}{older}"
        stored = "; ".join([f"runbook {runbook.slug}: {what}", *outcome.changes])
        self._progress("stored" if outcome.created or outcome.changes else "nothing to store")
        return {"stored": stored, "system": system.slug, "runbook": runbook.slug, **as_json(outcome)}

    def _progress(self, text: str) -> None:
        """Print progress for people to standard error; scripts read standard output."""
        self.stderr.write(text, style_func=str)

    def _refuse(self, error: Exception, options: dict[str, Any]) -> NoReturn:
        """Exit with 1 and the reason; with --json, print it to standard output as well."""
        message = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        if isinstance(error, Undecided):
            message = f"{message} {_choices(error.destination)}"
        if isinstance(error, UndoesEdits):
            message = f"{message} {_HOW_TO_KEEP}"
        allowed = ALLOWED if isinstance(error, OSError | NotARunbook) else ""
        if options["json"]:
            self.stdout.write(json.dumps({"error": message, "allowed": allowed}, indent=2, ensure_ascii=False))
        hint = f" A runbook is {allowed}." if allowed else ""
        raise CommandError(f"{options['file']}: {message}{hint}") from None

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(", ".join(f"{number} {name}" for name, number in counts_in_words(report["counts"])))
        for kind in ("unsure", "lint"):
            for note in report[kind]:
                self.stdout.write(f"line {note['line']}: {kind}: {note['text']}")
        for line in report.get("planned", ()):
            self.stdout.write(line)
        if "stored" in report:
            self.stdout.write(report["stored"])

    def _export(self, slug: str) -> None:
        try:
            runbook = find(Runbook.objects.all(), "runbook", slug)
        except NotFound as error:
            raise CommandError(str(error)) from None
        self.stdout.write(render(read_runbook(runbook.versions.order_by("-number")[0].source).blocks))


def _with_steps(runbook: ParsedRunbook, *, in_order: bool) -> tuple[str, ParsedRunbook]:
    """The text with a box at each numbered step, and what is read from that. Raises NotARunbook."""
    if runbook.checklists:
        raise NotARunbook("It has boxes already: --steps is for a text without any.")
    if not number_of_steps(runbook.blocks):
        raise NotARunbook("It has no numbered step of which an item could be made.")
    text = render(with_boxes(runbook.blocks, in_order=in_order))
    return text, read_runbook(text)


def _planned(parsed: ParsedRunbook, source: str, wanted: Wanted) -> dict[str, Any]:
    """What storing it would do, for a dry run, which refuses what an import refuses."""
    planned = plan(parsed, source, wanted)
    decided(parsed, source, planned.system, wanted.slug, wanted.fallback)
    if planned.lost and not wanted.undo_edits:
        raise UndoesEdits(planned.lost)
    told = [f"It would go to the system {planned.system}.", *planned.sentences]
    return {"planned": [*told, str(planned.lost)] if planned.lost else told, "runbook": planned.place.slug}


def _choices(place: Destination) -> str:
    """The arguments by which a person decides."""
    alone = f" To keep both: --as {place.alone}." if place.alone else ""
    return f"Nothing was stored. If that is meant: --as {place.slug}.{alone}"
