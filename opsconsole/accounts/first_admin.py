"""The first admin of a new console."""

from __future__ import annotations

import secrets
import shlex
from pathlib import Path

from django.db import transaction

from opsconsole.accounts.models import User
from opsconsole.env.variables import read

NAME = "admin"


@transaction.atomic
def create_first_admin() -> str:
    """Create superuser `admin` unless a superuser exists. Returns a line on how to log in, to be shown once.

    The password is OPSCONSOLE_ADMIN_PASSWORD or a generated one; a generated one is kept nowhere but in that line.
    """
    if User.objects.filter(is_superuser=True).exists() or User.objects.filter(username=NAME).exists():
        return f"as before (forgotten? bin/manage{_data_option()} changepassword {NAME})"
    given = read("OPSCONSOLE_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    User.objects.create_superuser(NAME, password=password)
    if given:
        return f"{NAME}, with the password of OPSCONSOLE_ADMIN_PASSWORD"
    return f"{NAME} / {password}   (generated, not shown again)"


def _data_option() -> str:
    """The option by which `bin/manage` finds this console, with a leading space; empty for the default directory."""
    data: Path = read("OPSCONSOLE_DATA")
    return "" if data == Path(__file__).parents[2] / "var" else f" --data {shlex.quote(str(data))}"
