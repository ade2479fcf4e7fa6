"""Who calls the API: `Authorization: Bearer <token>`, with the scope that the operation needs."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.web.problem import ProblemError


class Bearer(HttpBearer):
    """Any valid token. Raises ProblemError 403 for a report token, which may post config reports and nothing else."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        if token.strip().startswith(tokens.REPORT_PREFIX):
            raise ProblemError(403, "This is a report token; it may fetch a manifest and post config reports only.")
        return tokens.verify(token.strip(), clock.now())


class WriteBearer(Bearer):
    """A token of scope write. Raises ProblemError 403 for one that may only read."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = super().authenticate(request, token)
        if found is not None and found.scope != ApiToken.Scope.WRITE:
            raise ProblemError(403, "This token may only read; this needs one of scope write.")
        return found


def caller(request: HttpRequest) -> ApiToken:
    """The token that a request came with; the API has checked it."""
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def actor(token: ApiToken) -> str:
    """How logs name who acted: the owner, and through what."""
    return f"{token.owner.get_full_name() or token.owner.get_username()} (token {token.name})"
