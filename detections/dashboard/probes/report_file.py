"""The reports of a run as files, named as the command names them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from detections.probes.models import ProbeRun
from detections.probes.program import probe

CHUNK = 500  # samples that are read at a time
TYPES = {"json": "application/json", "md": "text/markdown; charset=utf-8"}


def report_file(run: ProbeRun, kind: str) -> HttpResponseBase:
    """The report to download. Raises Http404 for a run without one, and for a kind other than `json` and `md`."""
    if kind not in TYPES or run.report is None:
        raise Http404
    answer: HttpResponseBase
    if kind == "json":
        answer = StreamingHttpResponse(json_report(run), content_type=TYPES[kind])
    else:
        answer = HttpResponse(run.markdown, content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name_of(run)}.{kind}"'
    return answer


def name_of(run: ProbeRun) -> str:
    """`aurora_rollout_probe_20261120T120000Z`."""
    assert run.report
    config = run.report["config"]
    try:
        name = probe.read_target({"name": config["target"], "base": config["base"]}).report_name
    except probe.ProbeError:  # it was taken when the run was made, and is no longer
        name = f"{run.target.slug}_probe"
    return f"{name}_{run.started_at:%Y%m%dT%H%M%SZ}"


def json_report(run: ProbeRun) -> Iterator[str]:
    """The report with its rows, a part at a time: ten thousand rows are some megabytes."""
    yield json.dumps(run.report, indent=1, ensure_ascii=False)[:-2] + ',\n "rows": ['
    rows = run.samples.order_by("number").values_list("row", flat=True).iterator(chunk_size=CHUNK)
    for index, row in enumerate(rows):
        yield ("," if index else "") + "\n  " + json.dumps(row)
    yield "\n ]\n}\n"
