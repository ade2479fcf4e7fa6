"""`manage.py config_manifest`: exports and imports required-config-vars.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.systems.config.export_file import export_config
from bootstrap.systems.config.file_schema import ConfigFileError, read
from bootstrap.systems.config.import_file import import_config
from bootstrap.systems.models import System
from opsconsole.lib.lookup import NotFound, find


class Command(BaseCommand):
    help = "Export the names and rules of a system's variables as YAML, or import them. Never a value."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        exports = actions.add_parser("export", help="print the manifest of a system")
        exports.add_argument("system", help="slug of the system")
        exports.add_argument("--app", default="", help="slug of one application; default: all")
        imports = actions.add_parser("import", help="add and change what a file names; deletes nothing")
        imports.add_argument("file", type=Path)
        imports.add_argument("--dry-run", action="store_true", help="print what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self.stdout.write(_export(options["system"], options["app"]), ending="")
            return
        try:
            done = import_config(read(options["file"].read_text(encoding="utf-8-sig")), options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{options['file']}: it is not text in UTF-8") from None
        except ConfigFileError as error:
            raise CommandError("\n".join(f"{options['file']}: {line}" for line in str(error).splitlines())) from None
        self.stdout.write("\n".join(done) if done else "nothing to change")


def _export(slug: str, app_slug: str) -> str:
    try:
        system = find(System.objects.all(), "system", slug)
        app = find(system.apps.all(), "application", app_slug) if app_slug else None
    except NotFound as error:
        raise CommandError(str(error)) from None
    return export_config(system, app)
