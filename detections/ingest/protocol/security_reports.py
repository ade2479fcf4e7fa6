"""Reports of browsers (report-uri, the Reporting API, Expect-CT, HPKP, NEL) as events (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs

from detections.ingest.protocol.coerce import Json, line, mapping, number, text
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads
from detections.ingest.protocol.report_kinds import CSP, NEL, to_payload

# The name under which a report of a report-uri stands -> its kind.
_WRAPPED = {"csp-report": CSP, "expect-ct-report": "expect-ct", "expect-staple-report": "expect-staple"}
# Interfaces of events of Sentry's protocol -> the kind that they hold.
_INTERFACES = {
    "csp": CSP,
    "sentry.interfaces.Csp": CSP,
    "expectct": "expect-ct",
    "expectstaple": "expect-staple",
    "hpkp": "hpkp",
    "nel": NEL,
}
_UNWRAPPED = {
    **dict.fromkeys(("known-pins", "noted-hostname"), "hpkp"),
    **dict.fromkeys(("effective-directive", "violated-directive", "effectiveDirective", "violatedDirective"), CSP),
}
# A browser keeps reports for at most two days.
_OLDEST_MS = 2 * 24 * 3600 * 1000
# Events of one batch: browsers send at most a hundred of a kind.
MAX_REPORTS = 200


class ReportSender(NamedTuple):
    """What a request says besides its body: its query string, and the browser's name."""

    query: str = ""
    user_agent: str = ""


UNKNOWN = ReportSender()


class SecurityReports(NamedTuple):
    """The events of a request, and how many of its reports are not used."""

    events: list[Json]
    unused: int


class _Found(NamedTuple):
    """A report in one of the forms that browsers have for them; `outer` is what stands around the body."""

    kind: str
    body: Json
    outer: Json


def read_reports(body: bytes, received_at: datetime, sender: ReportSender = UNKNOWN) -> SecurityReports:
    """Each report of a body as the payload of an event. Raises Refused (400) where there is no report in it.

    One that is not used, or not understood, costs the others beside it nothing.
    """
    try:
        value = loads(body)
    except NotJson as error:
        raise Refused(400, "The report is not JSON.", str(error)) from None
    sent = value if isinstance(value, list) else [value]
    found = [report for item in sent if isinstance(item, dict) and (report := _found(item))]
    if not found:
        forms = f"expected {', '.join(_WRAPPED)}, an HPKP report, or reports with a type and a body"
        raise Refused(400, "The body is no report of a browser.", forms)
    events = [
        _completed(event, report.outer, received_at, sender)
        for report in found
        if (event := to_payload(report.kind, report.body, text(report.outer.get("url"), 500)))
    ][:MAX_REPORTS]
    if not events and all(report.kind == CSP for report in found):
        raise Refused(400, "The report is not a CSP report.", "expected csp-report with an effective-directive")
    return SecurityReports(events, len(sent) - len(events))


def _found(item: Json) -> _Found | None:
    kind = item.get("type")
    if isinstance(kind, str) and "body" in item:
        return _Found(kind, mapping(item["body"]), item)
    for name, wrapped in _WRAPPED.items():
        if name in item:
            return _Found(wrapped, mapping(item[name]), {})
    return next((_Found(kind, item, {}) for name, kind in _UNWRAPPED.items() if name in item), None)


def _completed(event: Json, outer: Json, received_at: datetime, sender: ReportSender) -> Json:
    """The event with what its request and the Reporting API say of it: browser, environment, release and time."""
    agent = text(outer.get("user_agent"), 500) or sender.user_agent[:500]
    if agent:
        request = event["request"]
        event["request"] = {**request, "headers": {**request.get("headers", {}), "User-Agent": agent}}
    given = parse_qs(sender.query[:4000])
    for name in ("environment", "release"):
        if value := line(next(iter(given.get(f"sentry_{name}", [])), ""), 200):
            event[name] = value
    age = number(outer.get("age"))
    if age is not None and age <= _OLDEST_MS:
        event["timestamp"] = (received_at - timedelta(milliseconds=age)).isoformat()
    return event


def with_interface(payload: Json) -> Json:
    """An event of Sentry's protocol that holds a report instead of a text (`csp`, `expectct`, …), with the report's
    text, fingerprint and tags. What the event says itself stays; an event with text of its own is returned as it is.
    """
    if _INTERFACES.keys().isdisjoint(payload) or payload.get("exception") or payload.get("logentry"):
        return payload
    for name, kind in _INTERFACES.items():
        if (body := payload.get(name)) and (made := to_payload(kind, body)):
            own = {key: value for key, value in payload.items() if value}
            tags = {**made["tags"], **mapping(payload.get("tags"))}
            extra = {**made["extra"], **mapping(payload.get("extra"))}
            return {**made, **own, "tags": tags, "extra": extra}
    return payload
