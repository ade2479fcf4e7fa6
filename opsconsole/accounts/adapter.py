"""allauth hooks: closed sign-up, and limits on wrong passwords."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from opsconsole.accounts import failed_logins
from opsconsole.accounts.failed_logins import LockedOut
from opsconsole.accounts.models import User
from opsconsole.lib import clock

LOCKED = "locked_out"  # the error's code; its `until` says how long


class ConsoleAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """False: an administrator creates accounts."""
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How the user may prove who they are; without any way, the page that says so, where allauth answers 403."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        return [{"id": "no_password", "description": "Get a password", "url": reverse("account_no_password")}]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user with this name and password, or None. Raises ValidationError with the code LOCKED.

        Signing in and giving the password again both come here.
        """
        now = clock.now()
        name = credentials.get("username") or credentials.get("email") or ""
        try:
            attempt = failed_logins.begin(name, request.META.get("REMOTE_ADDR", ""), now)
        except LockedOut as locked:
            raise ValidationError(_sentence(locked), LOCKED, {"until": locked.until}) from None
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            failed_logins.forgive(attempt)
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: allauth's own limit counts by account only, by which anybody could lock anybody out."""


def _sentence(locked: LockedOut) -> str:
    whose = "from your address" if locked.wide else "for this account from your address"
    return f"Too many wrong passwords {whose}. Try again at {locked.until:%H:%M:%S} UTC."
