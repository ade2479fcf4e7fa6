"""Probe targets and their runs over the API: listed, read with their reports, started."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from detections.probes.api.acting import allowed_to, target_named
from detections.probes.api.items import as_run, as_target
from detections.probes.api.schemas import (
    ProbeRunConflictOut,
    ProbeRunDetail,
    ProbeRunFilters,
    ProbeRunOut,
    ProbeTargetFilters,
    ProbeTargetOut,
)
from detections.probes.gate import gates_of
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.newest import LONG, newest_runs
from detections.probes.start import RunUnderWay, start_now
from opsconsole.accounts.bearer import WriteBearer, actor
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Paged, Problem
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

probes = Router(tags=["probes"])
MARKDOWN = "text/markdown; charset=utf-8"
OPEN = (ProbeRun.State.QUEUED, ProbeRun.State.RUNNING)
_MARKDOWN_ANSWER = {"description": "OK", "content": {"text/markdown": {"schema": {"type": "string"}}}}


@probes.get(
    "/", response={200: Page[ProbeTargetOut], 422: Problem}, url_name="probes", summary="List probe targets by name"
)
def list_targets(request: HttpRequest, filters: Query[ProbeTargetFilters]) -> dict[str, Any]:
    """Each with its gate and its newest run."""
    now = clock.now()
    chosen = {
        "project_environment__project__slug": filters.project,
        "project_environment__name": filters.environment,
        "enabled": filters.enabled,
    }
    rows = ProbeTarget.objects.select_related("project_environment__project")
    rows = rows.filter(**{name: value for name, value in chosen.items() if value not in ("", None)})
    targets, following = page(request, rows, (("name", str),), descending=False)
    gates, newest = gates_of(targets, now), newest_runs(targets)
    items = [as_target(target, gates[target.pk], newest.get(target.pk), now) for target in targets]
    return {"items": items, "next": following}


@probes.get(
    "/{slug:slug}/runs/",
    response={200: Page[ProbeRunOut], 404: Problem, 422: Problem},
    url_name="probe_runs",
    summary="List runs of a target, newest first",
)
def list_runs(request: HttpRequest, slug: str, filters: Query[ProbeRunFilters]) -> dict[str, Any]:
    target = target_named(slug)
    chosen = {"state": filters.state, "severity": filters.severity}
    rows = target.runs.filter(**{name: value for name, value in chosen.items() if value}).defer(*LONG)
    runs, following = page(request, rows, (("id", int),))
    return {"items": [as_run(target, run) for run in runs], "next": following}


@probes.post(
    "/{slug:slug}/runs/",
    auth=WriteBearer(),
    response={202: ProbeRunOut, 403: Problem, 404: Problem, 409: ProbeRunConflictOut},
    summary="Run a probe now",
)
def start_run(request: HttpRequest, slug: str) -> Status[dict[str, Any]]:
    """It is queued and starts within seconds: ask for it until it is done. 409 while another one waits or runs."""
    token = allowed_to(request, "add_proberun", "run probes")
    target = target_named(slug)
    try:
        run = start_now(target, token.owner, clock.now(), actor(token))
    except RunUnderWay as refused:
        other = target.runs.filter(state__in=OPEN).defer(*LONG).first()
        raise ProblemError(409, str(refused), run=as_run(target, other) if other else None) from None
    except ProbeTarget.DoesNotExist:  # removed in the meantime
        raise NotFound("probe target", slug) from None
    return Status(202, as_run(target, run))


@probes.get(
    "/{slug:slug}/runs/{int:run_id}/",
    response={200: ProbeRunDetail, 404: Problem},
    url_name="probe_run",
    summary="One run with its report",
)
def one_run(request: HttpRequest, slug: str, run_id: int) -> dict[str, Any]:
    run = _run(slug, run_id)
    return as_run(run.target, run) | {"report": run.report}


@probes.get(
    "/{slug:slug}/runs/{int:run_id}/samples/",
    response={200: Page[dict[str, Any]], 404: Problem, 422: Problem},
    url_name="probe_samples",
    summary="List the samples of a run in the order of their numbers",
)
def list_samples(request: HttpRequest, slug: str, run_id: int, asked: Query[Paged]) -> dict[str, Any]:
    """The rows of the report. While the run is under way, those that are there."""
    samples, following = page(request, _run(slug, run_id).samples.all(), (("number", int),), descending=False)
    return {"items": [sample.row for sample in samples], "next": following}


@probes.get(
    "/{slug:slug}/runs/{int:run_id}/report.md",
    response={404: Problem},
    openapi_extra={"responses": {200: _MARKDOWN_ANSWER}},
    url_name="probe_report",
    summary="The report of a run to be read, in Markdown",
)
def read_report(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    run = _run(slug, run_id)
    if not run.markdown:
        raise NotFound("report", place=f"of run {run_id}, which is {run.state}")
    return HttpResponse(run.markdown, content_type=MARKDOWN)


def _run(slug: str, run_id: int) -> ProbeRun:
    """With its target and reports. Raises NotFound."""
    run = ProbeRun.objects.select_related("target").filter(target__slug=slug, pk=run_id).first()
    if run is None:
        raise NotFound("run", run_id, place=f"of {target_named(slug).slug}")
    return run
