"""People with fixed roles, logged in; their password is asked for again by two-person items."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.test import Client

from opsconsole.accounts.models import User

PASSWORD = "a long enough password"


def client_of(name: str, *permissions: str) -> Client:
    """A client logged in as a person who may see everything, with these permissions besides (codenames)."""
    person = User.objects.create_user(name, password=PASSWORD)
    person.user_permissions.set(Permission.objects.filter(codename__in=(*permissions, "view_run")))
    client = Client()
    client.force_login(person)  # the login's own throttle counts over all tests
    return client


def signer(name: str = "ada") -> Client:
    return client_of(name, "add_signoff")
