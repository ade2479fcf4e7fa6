"""Who works on incidents, for tests of pages."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from opsconsole.accounts.groups import ROLES
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import make_user

RESPONDER = next(role for role in ROLES if role.name == "Responder")


def make_responder(name: str = "ada", *, besides: tuple[str, ...] = (), zone: str = "UTC") -> User:
    """A user with what the group Responder may do, and these permissions besides."""
    user = make_user(name)
    user.time_zone = zone
    user.save()
    wanted = ("view_incident", "view_alert", *RESPONDER.allowed, *besides)
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted, content_type__app_label="detections"))
    return user
