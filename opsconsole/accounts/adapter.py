"""allauth hooks."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: an administrator creates accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
