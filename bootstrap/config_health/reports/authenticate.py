"""Who may post reports: a report token, or a general token of scope write that names the deployment."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from bootstrap.config_health.deployment_lookup import NotFoundError, find_deployment
from bootstrap.config_health.models import ReportToken
from bootstrap.config_health.reports import tokens
from bootstrap.systems.models import Deployment
from opsconsole.accounts import tokens as general
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.web.problem import ProblemError


class ReportBearer(HttpBearer):
    """A report token, or a token of scope write. Raises ProblemError 403 for one that may only read."""

    def authenticate(self, request: HttpRequest, token: str) -> ReportToken | ApiToken | None:
        text = token.strip()
        if text.startswith(general.REPORT_PREFIX):
            return tokens.verify(text, clock.now())
        found = general.verify(text, clock.now())
        if found is not None and found.scope != ApiToken.Scope.WRITE:
            raise ProblemError(403, "This token may only read; this needs one of scope write, or a report token.")
        return found


def deployment_of(request: HttpRequest, environment: str | None, app: str | None) -> Deployment:
    """Which deployment a request is about: that of its report token, else the one that it names.

    `environment` is `system/environment`; `app` may be left out where only one runs there. Raises ProblemError 403
    where a report token is of another deployment, 404 and 422 where nothing or nothing single is named.
    """
    token = request.auth  # type: ignore[attr-defined]
    if not isinstance(token, ReportToken):
        return _named(environment, app)
    own = token.deployment
    if environment not in (None, own.environment.path) or app not in (None, own.app.slug):
        raise ProblemError(403, f"This report token is of {own.app.slug} in {own.environment.path}.")
    return own


def _named(environment: str | None, app: str | None) -> Deployment:
    if not environment:
        raise ProblemError(422, "environment: which one, as system/environment; a report token would name it itself")
    try:
        return find_deployment(environment, app)
    except NotFoundError as error:
        raise ProblemError(404, str(error)) from None
