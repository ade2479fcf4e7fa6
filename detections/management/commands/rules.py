"""`manage.py rules export|import|lint|load`: rules as YAML packs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from detections.rules import packs
from detections.rules.lifecycle.publish import GuardrailError
from detections.rules.models import Rule
from detections.rules.silence_models import with_mutes
from detections.rules.spec.schema import SpecError
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.clock import now
from opsconsole.lib.lookup import NotFound


class Command(BaseCommand):
    help = "Export rules as YAML, import or check a pack, load the shipped packs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="print rules as one YAML pack")
        export.add_argument("identifiers", nargs="*", help="e.g. DET-BETA-003; none means all")
        imports = actions.add_parser("import", help="make the rules of packs current")
        imports.add_argument("files", nargs="+", type=Path)
        imports.add_argument("--by", required=True, help="who imports; kept with each version")
        imports.add_argument("--reason", default="", help="why; a rule's guardrail may ask for it")
        lint = actions.add_parser("lint", help="check packs; exits 1 when something is wrong")
        lint.add_argument("files", nargs="+", type=Path)
        actions.add_parser("load", help="load the shipped packs; rules that a person edited stay")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _export(self, options: dict[str, Any]) -> None:
        rules = with_mutes(Rule.objects.select_related("current").exclude(current=None))
        if options["identifiers"]:
            rules = rules.filter(identifier__in=options["identifiers"])
        missing = set(options["identifiers"]) - {rule.identifier for rule in rules}
        if missing:
            known = Rule.objects.exclude(current=None).values_list("identifier", flat=True)
            raise CommandError(str(NotFound("rule", *sorted(missing), known=list(known))))
        self.stdout.write("---\n".join(packs.export(packs.packed(rule, now())) for rule in rules), ending="")

    def _import(self, options: dict[str, Any]) -> None:
        if "\0" in options["by"] + options["reason"] or len(options["by"]) > ACTOR_LENGTH:
            raise CommandError(f"--by: at most {ACTOR_LENGTH} characters; no NUL in it or in --reason.")
        for path in options["files"]:
            try:
                for packed in packs.parse(_read(path), path.name):
                    version = packs.put(packed, now=now(), author_name=options["by"], reason=options["reason"])
                    self.stdout.write(f"{version} is current")
            except SpecError as error:
                raise CommandError(str(error)) from None
            except GuardrailError as error:
                raise CommandError(f"{path.name}: {error} Give it with --reason.") from None

    def _lint(self, options: dict[str, Any]) -> None:
        problems = [problem for path in options["files"] for problem in packs.lint(_read(path), path.name)]
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problem{'s'[: len(problems) > 1]}")
        self.stdout.write("Nothing to complain about")

    def _load(self, options: dict[str, Any]) -> None:
        versions = packs.load(now())
        self.stdout.write("\n".join(f"{version} is current" for version in versions) or "Nothing new")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"Cannot read {path}: it is not UTF-8 at byte {error.start}") from None
