"""The API at /api/v1/: the routers of all packages, bearer authentication, errors as problem+json.

Paths end in a slash; lists are `{"items": [...], "next": URL or null}`; a conflict is answered with 409 and the
current object. The OpenAPI document is served at openapi.json; docs/openapi.json is a copy of it.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from bootstrap.checklists.acts_api import checklists
from bootstrap.checklists.plans.api import plans
from bootstrap.checklists.schedules.write_api import schedules
from bootstrap.config_health.environments_api import environments
from bootstrap.config_health.reports_api import config_reports
from bootstrap.scorecard.api import scorecard
from detections.alerts.api.alerts import router as alerts
from detections.alerts.api.hand_over import router as hand_over
from detections.alerts.silences.api import router as silences
from detections.dashboard.api import router as status
from detections.incidents.api.incidents import router as incidents
from detections.incidents.api.parts import NOTES
from detections.incidents.api.parts import router as incident_parts
from detections.probes.api.gates import gates
from detections.probes.api.probes import probes
from detections.rules.api import router as rules
from detections.telemetry.api import issues, routes
from opsconsole.accounts.bearer import Bearer
from opsconsole.lib.db.unreachable import passes_soon
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.problem import ProblemError, problem
from opsconsole.lib.web.unavailable import unavailable
from opsconsole.lib.web.understood import only_understood
from opsconsole.openapi import DocumentedAPI

logger = logging.getLogger(__name__)


TAKE_FORMS = frozenset({NOTES})


class BodyParser(Parser):
    """Parses JSON, and forms for operations that take files. An empty multipart form, which some clients send for an
    empty body, is an empty object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type == "multipart/form-data" and not request.POST and not request.FILES:
            return {}
        match = request.resolver_match
        if request.content_type == "multipart/form-data" and match and match.url_name in TAKE_FORMS:
            return {name: value for name, value in request.POST.items() if value}
        body: dict[str, Any] = super().parse_body(request)
        return body


# No docs page: Swagger UI loads scripts from a CDN, which the Content-Security-Policy forbids.
api = DocumentedAPI(
    title="opsconsole",
    version="1",
    description="What happened, what fires, how the console is. Tokens: bin/manage token --scope read|write|report.",
    urls_namespace="api",
    docs_url=None,
    docs_decorator=lambda view: csrf_exempt(require_safe(view)),
    auth=Bearer(),
    parser=BodyParser(),
)
api.add_decorator(only_understood)
api.add_router("/alerts/", alerts)
api.add_router("/alerts/", hand_over)
api.add_router("/silences/", silences)
api.add_router("/incidents/", incidents)
api.add_router("/incidents/", incident_parts)
api.add_router("/rules/", rules)
api.add_router("/gates/", gates)
api.add_router("/probes/", probes)
api.add_router("/routes/", routes)
api.add_router("/issues/", issues)
api.add_router("/status/", status)
api.add_router("/environments/", environments)
api.add_router("/checklists/", checklists)
api.add_router("/scorecard/", scorecard)
api.add_router("/checklists/schedules/", schedules)
api.add_router("/checklists/", plans)
api.add_router("/config-reports/", config_reports)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(401, "Send `Authorization: Bearer <token>` with a token that is known and not revoked.")
    answer["WWW-Authenticate"] = 'Bearer realm="opsconsole"'
    return answer


@api.exception_handler(ProblemError)
def _problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    return problem(error.status, error.detail, **error.members)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": ".".join(map(str, each["loc"])), "message": _said(each)} for each in error.errors]
    return problem(422, "; ".join(f"{each['field']}: {each['message']}" for each in errors), errors=errors)


def _said(error: dict[str, Any]) -> str:
    """What is wrong with a field, in words that do not speak of the library's inputs."""
    return "there is no such field" if error["type"] == "extra_forbidden" else str(error["msg"])


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, error.message)


@api.exception_handler(NotFound)
def _not_found(request: HttpRequest, error: NotFound) -> HttpResponse:
    return problem(404, str(error))


@api.exception_handler(Http404)
def _no_such_address(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "There is nothing at this address.")


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, f"The body is too large; allowed: {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes.")


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _no_database(request: HttpRequest, error: OperationalError | InterfaceError) -> HttpResponse:
    if not passes_soon(error):  # a deadlock, a full disk: PostgreSQL answered
        return _unexpected(request, error)
    logger.warning("the database did not answer at %s: %s", request.path, error)
    return unavailable()  # ApiMiddleware makes a problem of it


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("the API failed at %s", request.path)
    return problem(500, "The console failed; its log says more.")
