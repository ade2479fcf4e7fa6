"""`manage.py config_report SYSTEM/ENV`: reports as bin/opsconsole-agent does, without HTTP and a token."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.reports import payload
from bootstrap.config_health.reports.receive import ReportRefusedError, receive
from bootstrap.systems.config.manifest import manifest_of
from bootstrap.systems.models import Deployment
from bootstrap.systems.value_rules.agent import agent
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.text.refusal import not_empty


class Command(BaseCommand):
    help = "Report the configuration of a deployment: names and verdicts; values are judged here and not kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("environment", metavar="SYSTEM/ENVIRONMENT", help="e.g. raptor/prod")
        parser.add_argument("--app", help="which application, where more than one runs there")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--stdin", action="store_true", help="what a platform prints, or .env text, from a pipe")
        source.add_argument(
            "--env-file", type=not_empty, metavar="F", help="a file of these; default: the command's own environment"
        )
        parser.add_argument("--format", choices=sorted(agent.SHAPES), help="what it is, where its looks do not tell it")
        parser.add_argument("--container", default="", help="which container, of several")
        parser.add_argument("--service", default="", help="which service of compose, of several")
        parser.add_argument("--partial", action="store_true", help="what the input lacks is unknown, not unset")
        parser.add_argument("--release", help="what runs there, as in v12")
        parser.add_argument(
            "--fingerprint-key-file", type=not_empty, metavar="F", help="in place of OPSCONSOLE_FINGERPRINT_KEY"
        )
        parser.add_argument("--dry-run", action="store_true", help="print the report and store nothing")

    def handle(self, *args: Any, environment: str, app: str | None, **options: Any) -> None:
        try:
            deployment = find_deployment(environment, app)
            report, variables = _report(deployment, options)
            self.stdout.write(
                json.dumps(report, indent=2) if options["dry_run"] else _stored(deployment, report, variables)
            )
        except (NotFound, payload.InvalidReportError, ReportRefusedError, agent.InputError) as error:
            raise CommandError(str(error)) from None


def _report(deployment: Deployment, options: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The report as the agent builds it, and the variables that it read."""
    key = agent.fingerprint_key(os.environ, options["fingerprint_key_file"])
    choice = agent.Choice(options["format"] or "", options["container"], options["service"], options["partial"])
    if options["stdin"]:
        variables = agent.read_variables(sys.stdin.buffer.read(agent.MAX_INPUT + 1), choice)
    elif options["env_file"]:
        variables = agent.read_variables(agent.read_file(options["env_file"], "--env-file"), choice)
    else:
        variables = agent.of_environment(os.environ)._replace(complete=not options["partial"])
    return agent.build_report(manifest_of(deployment), variables, key, clock.now(), options["release"]), variables


def _stored(deployment: Deployment, report: dict[str, Any], variables: Any) -> str:
    received = receive(deployment, payload.read(json.dumps(report).encode()), clock.now())
    findings = [
        {"subject": each.subject, "kind": each.kind, "severity": each.severity, "detail": each.detail}
        for each in received.findings
    ]
    return "\n".join(agent.summary(report, variables, {"findings": findings}))
