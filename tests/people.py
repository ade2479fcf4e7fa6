"""Users for tests."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from opsconsole.accounts.models import User


def make_viewer(name: str = "vera") -> User:
    """A user who may view everything and change nothing."""
    person = User.objects.create_user(name)
    person.user_permissions.add(Permission.objects.get(codename="view_alert"))
    return person
