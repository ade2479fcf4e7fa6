"""`manage.py config_example`: imports an application's .env.example, and compares it with a deployment's report."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.example_diff import ExampleDiff, NoReportError, compare
from bootstrap.systems.example.parse import LARGEST, Example, ExampleError, parse
from bootstrap.systems.example.write import ImportedExample, import_example
from bootstrap.systems.models import App, System
from opsconsole.lib.lookup import NotFound, find

DIFFERENT = 3


class Command(BaseCommand):
    help = "Import the names of a .env.example as variables of an application, or compare it with a deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        imports = actions.add_parser("import", help="add what it names and change what nobody edited; deletes nothing")
        imports.add_argument("app", metavar="SYSTEM/APP", help="e.g. raptor/raxx-api")
        imports.add_argument("--dry-run", action="store_true", help="print what would change")
        diff = actions.add_parser("diff", help=f"exit with {DIFFERENT} if the deployment lacks what the file wants")
        diff.add_argument("environment", metavar="SYSTEM/ENVIRONMENT", help="e.g. raptor/prod")
        diff.add_argument("--app", help="which application, where more than one runs there")
        diff.add_argument(
            "--strict", action="store_true", help="also if something is not known, or set beside the file"
        )
        for action in (imports, diff):
            action.add_argument("file", type=Path, help="the .env.example")
            action.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            example = _read(options["file"])
            if options["action"] == "import":
                self.stdout.write(_import(example, options))
                return
            found = compare(find_deployment(options["environment"], options["app"]), example)
        except ExampleError as error:
            raise CommandError(f"{options['file']}: {error}") from None
        except (NotFound, NoReportError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(_as_json(found) if options["json"] else _as_text(found))
        if not found.same or (options["strict"] and (found.unknown or found.beside)):
            raise CommandError("the deployment is not as the file has it", returncode=DIFFERENT)


def _read(file: Path) -> Example:
    try:
        with file.open("rb") as opened:
            return parse(opened.read(4 * LARGEST + 1).decode("utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file}: it is not text in UTF-8") from None


def _import(example: Example, options: dict[str, Any]) -> str:
    system, _, slug = options["app"].partition("/")
    app: App = find(find(System.objects.all(), "system", system).apps.all(), "application", slug)
    done = import_example(app, example, options["dry_run"])
    if options["json"]:
        return json.dumps({"app": options["app"], "dry_run": options["dry_run"], **asdict(done)}, indent=2)
    return "\n".join(_lines(done))


def _lines(done: ImportedExample) -> list[str]:
    lines = list(done.changes) or ["nothing to change"]
    lines += [f"stays as people have it: {line}" for line in done.kept]
    lines += [f"not in the file: {name}" for name in done.missing]
    return lines + [str(remark) for remark in (*done.not_understood, *done.remarks)]


def _as_json(found: ExampleDiff) -> str:
    return json.dumps({**asdict(found), "reported_at": found.reported_at.isoformat(), "same": found.same}, indent=2)


def _as_text(found: ExampleDiff) -> str:
    lines = [f"{heading}: {', '.join(names)}" for heading, _, names in found.groups]
    return "\n".join(lines or ["no difference"])
