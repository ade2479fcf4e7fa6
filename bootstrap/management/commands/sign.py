"""`manage.py sign raptor/prod KEY [KEY…] --by admin`: sign checklist items from a script."""

from __future__ import annotations

import shlex
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bootstrap.checklists.refusals import Blocked, Refusal
from bootstrap.checklists.runs.lookup import find_environment, find_items
from bootstrap.checklists.signing.sign_many import sign_many
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound


class Command(BaseCommand):
    help = "Sign items of an environment's open checklists, in the order in which they wait for each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", help="system/environment, e.g. raptor/prod")
        parser.add_argument("keys", nargs="+", metavar="KEY", help="item keys, e.g. SENTRY_DSN_BACKEND")
        parser.add_argument("--by", required=True, metavar="USER", help="who signs: a user name")
        parser.add_argument("--note", default="", help="a note kept with each sign-off")
        parser.add_argument("--answer", default="", choices=("yes", "no"), help="answer to the questions among them")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["by"], is_active=True).first()
        if person is None:
            raise CommandError(_nobody(options["by"]))
        try:
            environment = find_environment(options["environment"])
            items = find_items(environment, options["keys"])
            signed = sign_many(items, person, clock.now(), options["note"], options["answer"])
        except Blocked as error:
            keys = [*(item.key for item in error.waits_for), *options["keys"]]
            command = shlex.join(["bin/manage", "sign", environment.path, *keys, "--by", person.username])
            raise CommandError(f"{error}. Sign in this order, or all in one go: {command}") from None
        except PermissionDenied as error:
            raise CommandError(f"{error}. The admin gives the right: group Checklist signer of that user.") from None
        except (NotFound, Refusal) as error:
            raise CommandError(str(error)) from None
        for item, act in signed:
            self.stdout.write(f"{environment.path} {item.key}: {act.describe()}")


def _nobody(name: str) -> str:
    """The message for a name that is not that of an active user, with the names of users that are."""
    known = list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:10])
    return (
        f"There is no active user {name!r}. Name one that may sign with --by, or add one in the admin under Users; "
        f"there are: {', '.join(known) or 'none'}."
    )
