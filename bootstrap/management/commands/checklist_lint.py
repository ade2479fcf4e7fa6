"""`manage.py checklist_lint --source DIR`: fails the CI of the watched application where a flag has no item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.importer.flag_coverage.check import FlagCoverage, coverage
from bootstrap.systems.models import System
from opsconsole.lib.lookup import NotFound, find
from opsconsole.lib.text.refusal import not_empty

# Places printed for each flag; --json lists all.
MAX_PLACES = 5
USAGE = 2  # the exit status of argparse: the arguments are wrong, not the source


class Command(BaseCommand):
    help = "Fail (exit 1) when source code names a FLAG_ that no item, variable or gate of a checklist covers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", type=not_empty, required=True, metavar="DIR", help="the application's source")
        parser.add_argument("--system", default="", help="slug of its system; default: the checklists of all systems")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Path(options["source"])
        if not source.is_dir():
            raise CommandError(f"{source}: no such directory", returncode=USAGE)
        self._check_system(options["system"])
        flags = coverage(source, options["system"])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(flags), indent=2))
        else:
            self._print(flags)
        if flags.uncovered:
            many = len(flags.uncovered)
            raise CommandError(f"{many} flag{'s are' if many > 1 else ' is'} covered by no checklist", returncode=1)

    def _check_system(self, slug: str) -> None:
        try:
            if slug:
                find(System.objects.all(), "system", slug)
        except NotFound as error:
            raise CommandError(str(error), returncode=USAGE) from None

    def _print(self, flags: FlagCoverage) -> None:
        for flag, places in flags.uncovered.items():
            for place in places[:MAX_PLACES]:
                self.stdout.write(f"{place.file}:{place.line}: {flag} is covered by no checklist")
            if len(places) > MAX_PLACES:
                self.stdout.write(f"  … and {len(places) - MAX_PLACES} more places")
            self.stdout.write(
                f"  add `- [ ] `{flag}=1` set` (or a section with it in its heading) to the runbook and import it;"
                " where it is no flag, end the line with `checklist-lint: ignore`"
            )
        for flag in flags.unused:
            self.stderr.write(f"warning: {flag} is in a checklist, but the source no longer names it", style_func=str)
        for name in flags.scanned.too_large:
            self.stderr.write(f"warning: {name} was not read: too large", style_func=str)
        if flags.scanned.cut:
            self.stderr.write("warning: too many files; the rest was not read", style_func=str)
        self.stdout.write(
            f"{flags.scanned.files} files, {len(flags.covered)} flags covered, {len(flags.uncovered)} not covered,"
            f" {len(flags.unused)} only in checklists"
        )


def _as_json(flags: FlagCoverage) -> dict[str, Any]:
    return {
        "files": flags.scanned.files,
        "covered": flags.covered,
        "uncovered": [
            {"flag": flag, "places": [{"file": place.file, "line": place.line} for place in places]}
            for flag, places in flags.uncovered.items()
        ],
        "unused": flags.unused,
        "too_large": flags.scanned.too_large,
        "cut": flags.scanned.cut,
    }
