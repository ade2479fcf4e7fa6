"""Who may post reports: a report token, or a general token of scope write whose owner may make report tokens.

Reports open and close findings, on which rules and sign-offs depend: a false one can disarm a rule. Who may make a
report token on the pages may report by their general token too, and nobody else.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.models import ReportToken
from bootstrap.config_health.reports import tokens
from bootstrap.systems.models import Deployment
from opsconsole.accounts import bearer
from opsconsole.accounts import tokens as general
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.web.problem import ProblemError


class ReportBearer(HttpBearer):
    """Accepts a report token, or a general token of scope write whose owner may make report tokens.

    Raises ProblemError 403 for other general tokens.
    """

    def authenticate(self, request: HttpRequest, token: str) -> ReportToken | ApiToken | None:
        text, now = token.strip(), clock.now()
        if text.startswith(general.REPORT_PREFIX):
            return tokens.verify(text, now)
        api_token = bearer.verified(text, now)
        if api_token is not None:
            _check_may_report(api_token)
        return api_token


def _check_may_report(token: ApiToken) -> None:
    if token.scope != ApiToken.Scope.WRITE:
        raise ProblemError(403, "This token may only read; this needs one of scope write, or a report token.")
    if not token.owner.has_perm(tokens.PERMISSION):
        raise ProblemError(403, f"{token.owner} may not report; an admin may, and a report token of the deployment.")


def deployment_of(request: HttpRequest, environment: str | None, app: str | None) -> Deployment:
    """The deployment of the request's report token; for a general token the one that the request names.

    `environment` is `system/environment`; `app` may be None where only one application runs there. Raises ProblemError
    403 where the request names another deployment than that of its report token, and 422 where no environment is
    named; what `find_deployment` raises.
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
    return find_deployment(environment, app)
