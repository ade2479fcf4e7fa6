"""`manage.py token`: create an API token and print it alone on one line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.reports import tokens as report_tokens
from opsconsole.accounts import tokens
from opsconsole.accounts.first_admin import NAME
from opsconsole.accounts.groups import is_member
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound

REPORT = "report"


class Command(BaseCommand):
    help = "Print a new API token. It is shown once; only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--scope",
            choices=[*ApiToken.Scope.values, REPORT],
            required=True,
            help="report: fetches one deployment's manifest and posts its config reports, nothing else.",
        )
        parser.add_argument(
            "--owner", default=NAME, help="User in whose name and with whose rights it acts; logs name both."
        )
        parser.add_argument("--name", default="command line", help="What uses it.")
        parser.add_argument("--environment", help="Of a report token: system/environment, e.g. raptor/prod.")
        parser.add_argument("--app", help="Of a report token, where more than one application runs there.")

    def handle(self, *args: Any, scope: str, **options: Any) -> None:
        if scope == REPORT:
            self.stdout.write(_report_token(**options))
            return
        user = _user(options["owner"])
        if not is_member(user):
            self.stderr.write(f"{user} is in no group: the token is refused until they are in one.")
        self.stdout.write(tokens.create(user, options["name"], ApiToken.Scope(scope))[1])


def _user(owner: str) -> User:
    user = User.objects.filter(username=owner).first()
    if user is None:
        raise CommandError(f"There is no user {owner!r}; name one with --owner.")
    return user


def _report_token(owner: str, environment: str | None, app: str | None, **options: Any) -> str:
    """The text of a new report token. It belongs to the deployment; the owner is recorded if such a user exists."""
    if not environment:
        raise CommandError("A report token is of one environment: --environment system/environment.")
    try:
        deployment = find_deployment(environment, app)
    except NotFound as error:
        raise CommandError(str(error)) from None
    return report_tokens.create(deployment, User.objects.filter(username=owner).first(), clock.now())[1]
