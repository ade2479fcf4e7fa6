"""Config reports over the API: agents get the manifest and send reports (docs/decisions/0007)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from bootstrap.config_health.reports import payload
from bootstrap.config_health.reports.authenticate import ReportBearer, deployment_of
from bootstrap.config_health.reports.receive import ReportRefusedError, receive
from bootstrap.systems.config.manifest import manifest_of
from opsconsole.lib import clock
from opsconsole.lib.web.api_schemas import Problem, Text
from opsconsole.lib.web.problem import ProblemError

config_reports = Router(tags=["config reports"], auth=ReportBearer())
_ERRORS = {403: Problem, 404: Problem, 413: Problem, 422: Problem}


class Where(Schema):
    """The deployment that a request is about. A report token belongs to one, so that neither is needed."""

    environment: Text | None = Field(None, description="system/environment, for general tokens.")
    app: Text | None = Field(None, description="The application, where more than one runs there.")


class AskedVariable(Schema):
    """A variable that the agent judges where its value is."""

    name: str
    secret: bool
    format: str | None = Field(description="A format rule, e.g. min_length:32.")
    accepted: list[str] = Field(description="Literals; the report gives the index of the one that the value is.")
    groups: list[str] = Field(description="Comparison groups: each has a fingerprint of its own.")


class Manifest(Schema):
    """What to report, and how to judge it."""

    format: int = Field(alias="schema")
    hash: str = Field(description="Give it back in the report.")
    environment: str
    app: str
    variables: list[AskedVariable]


class FindingOut(Schema):
    """Something wrong with the deployment now."""

    subject: str = Field(description="A variable's name; empty for the report as a whole.")
    kind: str
    severity: str = Field(description="The one that counts; what eases it is said in the detail.")
    eased_from: str = Field(description="The severity without what eases it; empty where nothing does.")
    detail: str


class ReceivedOut(Schema):
    report: int
    findings: list[FindingOut] = Field(description="Worst first.")


@config_reports.get(
    "/manifest/",
    response={200: Manifest, **_ERRORS},
    by_alias=True,
    url_name="config_manifest",
    summary="What to report",
)
def manifest(request: HttpRequest, where: Query[Where]) -> Any:
    """Names and rules of the deployment's variables; values are judged where they are and never sent."""
    return manifest_of(deployment_of(request, where.environment, where.app))


@config_reports.post(
    "/",
    response={202: ReceivedOut, **_ERRORS},
    url_name="config_reports",
    summary="Report",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": payload.schema()}}}},
)
def post_report(request: HttpRequest, where: Query[Where]) -> Any:
    """Store a report. Sending the same report again gives the same answer and changes nothing.

    A body with anything else in it is refused, and the answer repeats nothing of it.
    """
    report = _read(request)
    deployment = deployment_of(request, report.environment or where.environment, report.app or where.app)
    try:
        received = receive(deployment, report, clock.now())
    except ReportRefusedError as error:
        raise ProblemError(422, f"{error}.") from None
    return Status(202, {"report": received.report.pk, "findings": received.findings})


def _read(request: HttpRequest) -> payload.ReportIn:
    length = request.headers.get("Content-Length", "")
    if (length.isdecimal() and int(length[:12]) > payload.MAX_BYTES) or len(request.body) > payload.MAX_BYTES:
        raise ProblemError(413, f"A report has at most {payload.MAX_BYTES // 1024} KB.")
    try:
        return payload.read(request.body)
    except payload.InvalidReportError as error:
        raise ProblemError(422, str(error)) from None
