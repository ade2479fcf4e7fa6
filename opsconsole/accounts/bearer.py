"""Authentication of API requests: `Authorization: Bearer <token>`, with the scope that the operation needs."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.web.problem import ProblemError


class Bearer(HttpBearer):
    """Accepts any valid API token. Raises ProblemError 403 for a report token, which may only post config reports."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        if token.strip().startswith(tokens.REPORT_PREFIX):
            raise ProblemError(403, "This is a report token; it may fetch a manifest and post config reports only.")
        return tokens.verify(token.strip(), clock.now())


class WriteBearer(Bearer):
    """Accepts a token of scope write. Raises ProblemError 403 for one of scope read."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        api_token = super().authenticate(request, token)
        if api_token is not None and api_token.scope != ApiToken.Scope.WRITE:
            raise ProblemError(403, "This token may only read; this needs one of scope write.")
        return api_token


def caller(request: HttpRequest) -> ApiToken:
    """The token of an authenticated API request."""
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def actor(token: ApiToken) -> str:
    """The name of the actor in logs: the owner and the token, e.g. `Ada Lovelace (token ci)`."""
    return f"{token.owner.get_full_name() or token.owner.get_username()} (token {token.name})"
