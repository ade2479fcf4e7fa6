"""What each kind of report of a browser says, as the payload of an event (pure).

Reports are warnings, not errors of the application. They group by what was violated and by whose fault: a CSP report by
its directive and the blocked host, never by path and query, which differ from visitor to visitor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from detections.ingest.protocol.coerce import Json, line, mapping, text, without_empty

CSP, NEL = "csp-violation", "network-error"
# Schemes whose host is that of a site; of others, such as a visitor's extensions, the scheme says all.
_SITES = {"http", "https", "ws", "wss"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
MAX_FIELDS = 100


class Report:
    """The fields of a report's body, under their names without dashes, underscores and capitals: `blocked-uri`,
    `blocked_uri` and `blockedURI` are one."""

    def __init__(self, body: Json, url: str = "") -> None:
        self._fields = {re.sub("[-_]", "", key).lower(): value for key, value in [*body.items()][:MAX_FIELDS]}
        self.url = url or self("documenturi", "documenturl")

    def __call__(self, *names: str, limit: int = 500) -> str:
        """The first of the fields that is there, on one line; '' without one."""
        return next((found for name in names if (found := line(self._fields.get(name), limit))), "")


class ReportedFault:
    """What a report says: the text, what it is grouped by after its kind, and tags."""

    def __init__(self, text: str, *group: str, **tags: str) -> None:
        self.text = text
        self.group = group
        self.tags = {name.replace("_", "-"): value for name, value in tags.items() if value}


def to_payload(kind: str, body: Any, url: str = "") -> Json | None:
    """The event of a report of `kind`; None for a kind that is not used, or a body that lacks what names its fault.

    `url` is the page's, where the body does not give it.
    """
    fields = mapping(body)
    read = KINDS.get(kind)
    report = Report(fields, url)
    found = read(report) if read else None
    if found is None:
        return None
    name = _LOGGERS.get(kind, kind)
    return {
        "platform": "javascript",
        "level": "info" if kind in _NOTES else "warning",
        "logger": name,
        "message": found.text,
        "fingerprint": [name, *found.group],
        "request": without_empty({"url": text(report.url, 500), "headers": _headers(report)}),
        "tags": {"report": name, **found.tags},
        "extra": fields,
    }


def _headers(report: Report) -> dict[str, str]:
    referrer = report("referrer")
    return {"Referer": referrer} if referrer else {}


def origin_of(blocked: str, page: str) -> str:
    """What a blocked address stands for: `inline`, `eval`, `data` …, `self` for the page's own host, else its host."""
    if not blocked:
        return "inline"  # as browsers before CSP 3 say it
    scheme = _SCHEME.match(blocked)
    if scheme and scheme[1].lower() not in _SITES and not _is_host_with_port(blocked):
        return scheme[1].lower()
    host = _host(blocked)
    return "self" if host and host == _host(page) else host or blocked


def _is_host_with_port(blocked: str) -> bool:
    return bool(re.match(r"[^/:]+:[0-9]{1,5}(?:/|$)", blocked))


def _host(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _csp(report: Report) -> ReportedFault | None:
    directive = report("effectivedirective", "violateddirective", limit=100).split(" ")[0]
    if not directive:
        return None
    blocked = report("blockeduri", "blockedurl")
    origin = origin_of(blocked, report.url)
    verb = "Would block" if report("disposition") == "report" else "Blocked"
    return ReportedFault(
        f"{verb} '{directive}' from '{origin}'",
        directive,
        origin,
        effective_directive=directive,
        blocked_uri=blocked.partition("?")[0],
        disposition=report("disposition", limit=20),
    )


def _of_host(what: str) -> Callable[[Report], ReportedFault | None]:
    """Reports of a host whose certificate is not as it promised."""

    def read(report: Report) -> ReportedFault | None:
        host = report("hostname", "notedhostname", limit=200)
        return ReportedFault(f"{what} failed for '{host}'", host, hostname=host) if host else None

    return read


def _network_error(report: Report) -> ReportedFault | None:
    """NEL also samples requests that succeed (`ok`), which are no fault."""
    error = report("type", limit=100)
    if not error or error == "ok":
        return None
    host = _host(report.url)
    status = report("statuscode", limit=10)
    return ReportedFault(
        f"Network error '{error}' at '{host}'",
        *(error, host),
        *([status] if error == "http.error" else []),
        type=error,
        phase=report("phase", limit=40),
        status_code=status.removeprefix("0"),
    )


def _named(what: str, *names: str) -> Callable[[Report], ReportedFault | None]:
    """Reports whose fields `names` say which rule or feature it is."""

    def read(report: Report) -> ReportedFault | None:
        name = report(*names, limit=200)
        message = report("message", limit=1000)
        return ReportedFault(f"{what}: {message or name}", name or message, id=name) if name or message else None

    return read


def _isolation(what: str) -> Callable[[Report], ReportedFault | None]:
    """Reports of COOP and COEP: what was done, and with whose page or file."""

    def read(report: Report) -> ReportedFault:
        kind = report("type", limit=100) or "violation"
        blocked = report(
            "blockedurl", "blockeduri", "openerurl", "openedwindowurl", "otherdocumenturl", "nextresponseurl"
        )
        origin = origin_of(blocked, report.url) if blocked else ""
        of = f" of '{origin}'" if origin else ""
        return ReportedFault(
            f"{what}: {kind}{of}", kind, origin, type=kind, disposition=report("disposition", limit=20)
        )

    return read


def _crash(report: Report) -> ReportedFault:
    """Browsers leave the reason out where they do not know it."""
    reason = report("reason", limit=100)
    return ReportedFault(f"The page crashed: {reason or 'no reason given'}", reason, reason=reason)


def _integrity(report: Report) -> ReportedFault:
    origin = origin_of(report("blockedurl", "blockeduri"), report.url)
    kind = report("destination", limit=50) or "file"
    return ReportedFault(f"Integrity policy blocked a {kind} from '{origin}'", kind, origin, destination=kind)


KINDS: dict[str, Callable[[Report], ReportedFault | None]] = {
    CSP: _csp,
    NEL: _network_error,
    "expect-ct": _of_host("Expect-CT"),
    "expect-staple": _of_host("Expect-Staple"),
    "hpkp": _of_host("Public key pinning"),
    "crash": _crash,
    "deprecation": _named("Deprecated", "id"),
    "intervention": _named("The browser intervened", "id"),
    "permissions-policy-violation": _named("Permissions policy violated", "featureid", "policyid"),
    "document-policy-violation": _named("Document policy violated", "featureid", "policyid"),
    "feature-policy-violation": _named("Feature policy violated", "featureid", "policyid"),
    "coop": _isolation("COOP"),
    "coep": _isolation("COEP"),
    "integrity-violation": _integrity,
}
_LOGGERS = {CSP: "csp", NEL: "nel"}
_NOTES = {"deprecation", "intervention"}
