"""Authentication of API requests: `Authorization: Bearer <token>`, with the scope that the operation needs.

A token can do what its scope names and its owner may do on the pages at that moment, whichever is less: the owner's
rights are read at each request, so a person who leaves a group takes the rights of all their tokens along.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

import pghistory
from django.http import HttpRequest
from ninja.security import HttpBearer

from opsconsole.accounts import groups, tokens
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.web.problem import ProblemError


class Bearer(HttpBearer):
    """Accepts an API token whose owner may look at the pages.

    Raises ProblemError 403 for the token of somebody who may not, and for a report token, which may only post config
    reports.
    """

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        if token.strip().startswith(tokens.REPORT_PREFIX):
            raise ProblemError(403, "This is a report token; it may fetch a manifest and post config reports only.")
        return verified(token, clock.now())


class WriteBearer(Bearer):
    """Accepts a token of scope write. Raises ProblemError 403 for one of scope read."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        api_token = super().authenticate(request, token)
        if api_token is not None and api_token.scope != ApiToken.Scope.WRITE:
            raise ProblemError(403, "This token may only read; this needs one of scope write.")
        return api_token


def verified(text: str, now: datetime) -> ApiToken | None:
    """The valid token with this text, None if there is none. Raises ProblemError 403 when its owner is in no group.

    What the request changes stands in the histories as done by the owner, with the token's name.
    """
    api_token = tokens.verify(text.strip(), now)
    if api_token is None:
        return None
    if not groups.is_member(api_token.owner):
        raise ProblemError(403, f"{api_token.owner} is in no group, and a token may do no more than its owner.")
    pghistory.context(user=api_token.owner.pk, actor=actor(api_token))  # adds to that of the middleware
    return api_token


def caller(request: HttpRequest) -> ApiToken:
    """The token of an authenticated API request."""
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def actor(token: ApiToken) -> str:
    """The name of the actor in logs: the owner and the token, e.g. `Ada Lovelace (token ci)`."""
    return f"{token.owner.get_full_name() or token.owner.get_username()} (token {token.name})"
