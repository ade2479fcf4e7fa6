"""`manage.py config_manifest export SYSTEM`, `config_manifest import FILE`: required-config-vars.yaml out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.systems.config.export_file import export_config
from bootstrap.systems.config.file_schema import ConfigFileError, read
from bootstrap.systems.config.import_file import import_config
from bootstrap.systems.models import System


class Command(BaseCommand):
    help = "What the variables of a system have to be, out as YAML and in again. Never a value."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        exports = actions.add_parser("export", help="print the manifest of a system")
        exports.add_argument("system", help="slug of the system")
        exports.add_argument("--app", default="", help="slug of one application; default: all")
        imports = actions.add_parser("import", help="add and change what a file names; deletes nothing")
        imports.add_argument("file", type=Path)
        imports.add_argument("--dry-run", action="store_true", help="tell what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self.stdout.write(_export(options["system"], options["app"]), ending="")
            return
        try:
            done = import_config(read(options["file"].read_text(encoding="utf-8-sig")), options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{options['file']}: it is no text in UTF-8") from None
        except ConfigFileError as error:
            raise CommandError("\n".join(f"{options['file']}: {line}" for line in str(error).splitlines())) from None
        self.stdout.write("\n".join(done) if done else "nothing to change")


def _export(slug: str, app_slug: str) -> str:
    system = System.objects.filter(slug=slug).first()
    if system is None:
        raise CommandError(f"No system {slug}. There are: {', '.join(System.objects.values_list('slug', flat=True))}")
    app = system.apps.filter(slug=app_slug).first() if app_slug else None
    if app_slug and app is None:
        raise CommandError(
            f"No application {app_slug}. There are: {', '.join(system.apps.values_list('slug', flat=True))}"
        )
    return export_config(system, app)
