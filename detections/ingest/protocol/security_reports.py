"""Browser reports (CSP and the Reporting API) as events (pure)."""

from __future__ import annotations

from typing import Any

from detections.ingest.protocol.coerce import Json, mapping, text, values
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads


def to_event(body: bytes) -> Json:
    """A security report as the payload of a message event. Raises Refused (400) for anything else."""
    try:
        value = loads(body)
    except NotJson as error:
        raise Refused(400, "The report is not JSON.", str(error)) from None
    report = _report(value)
    directive = text(report.get("effective-directive") or report.get("effectiveDirective"), 100)
    directive = directive or text(report.get("violated-directive"), 100).split(" ")[0]
    blocked = text(report.get("blocked-uri") or report.get("blockedURL"), 500)
    if not directive:
        raise Refused(400, "The report is not a CSP report.", "expected csp-report with an effective-directive")
    return {
        "platform": "javascript",
        "level": "warning",
        "logger": "csp",
        "logentry": {"message": f"Blocked {directive}", "formatted": f"Blocked '{directive}' from '{blocked}'"},
        "fingerprint": ["csp", directive, blocked],
        "request": {"url": text(report.get("document-uri") or report.get("documentURL"), 500)},
        "tags": {"effective-directive": directive, "blocked-uri": blocked},
        "extra": report,
    }


def _report(value: Any) -> Json:
    """`{"csp-report": {...}}` of report-uri, or the body of the first report of report-to."""
    if isinstance(value, dict) and "csp-report" in value:
        return mapping(value["csp-report"])
    return mapping(next((report.get("body") for report in values(value)), None))
