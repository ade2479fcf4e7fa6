"""`manage.py token`: a bearer token of the API, printed alone, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from opsconsole.accounts import tokens
from opsconsole.accounts.first_admin import NAME
from opsconsole.accounts.models import ApiToken, User


class Command(BaseCommand):
    help = "Print a new API token. It is shown this once; only its digest is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scope", choices=ApiToken.Scope.values, required=True)
        parser.add_argument("--owner", default=NAME, help="User in whose name it acts; logs name both.")
        parser.add_argument("--name", default="command line", help="What uses it.")

    def handle(self, *args: Any, scope: str, owner: str, name: str, **options: Any) -> None:
        user = User.objects.filter(username=owner).first()
        if user is None:
            raise CommandError(f"There is no user {owner!r}; name one with --owner.")
        _, text = tokens.create(user, name, ApiToken.Scope(scope))
        self.stdout.write(text)
