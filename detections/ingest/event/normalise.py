"""Normalises an event of any SDK to one shape (pure); sources of each field: `docs/decisions/0006-ingest.md`.

The shape, as stored in `Event.body` after scrubbing; empty fields are left out:
`event_id, platform, level, logger, transaction, transaction_source, timestamp, environment, release, dist,
server_name, message {template, formatted, params}, exception [{type, value, module, mechanism, thread_id, frames,
frames_omitted}], frames, frames_omitted, thread_id, threads [{id, name, state, crashed, current, main, held_locks,
stack_of, frames, frames_omitted}], request {method, url, query_string, headers, cookies, data, env}, user,
tags {name: text}, contexts, extra, breadcrumbs [{timestamp, type, category, level, message, data}],
debug_meta {images, sdk_info}, sdk {name, version}, modules, fingerprint, checksum,
left_out`.
"""

from __future__ import annotations

from typing import Any

from detections.ingest.event.binaries import debug_meta
from detections.ingest.event.left_out import left_out
from detections.ingest.event.log_message import rendered
from detections.ingest.event.stacktraces import MAX_VALUE
from detections.ingest.event.threads import stacks
from detections.ingest.protocol.coerce import Json, line, mapping, text, texts, values, without_empty
from detections.ingest.protocol.interface_names import with_field_names
from detections.ingest.protocol.security_reports import with_interface
from opsconsole.lib.text.secrets import scrub_text

DEFAULT_ENVIRONMENT = "production"  # the default of the Python and JavaScript SDKs
MAX_ENVIRONMENT = 64
MAX_TAGS = 100
MAX_BREADCRUMBS = 100  # the SDKs' default
MAX_MODULES = 1000
# Sent by the Python SDK's wrappers where no framework has named the transaction.
_UNNAMED = {"generic WSGI request", "generic ASGI request"}
# Fields that are one line of text under the same name, and their most characters.
_LINES = (("platform", 64), ("logger", 200), ("release", 200), ("dist", 64), ("server_name", 200), ("checksum", 128))
_LEVELS = {
    "fatal": "fatal",
    "critical": "fatal",
    "error": "error",
    "exception": "error",
    "warning": "warning",
    "warn": "warning",
    "info": "info",
    "log": "info",
    "notice": "info",
    "debug": "debug",
    "sample": "debug",
    "trace": "debug",
}


def normalise(payload: Json) -> Json:
    """The event in the shape above, unscrubbed. Takes any object and never raises."""
    payload = with_interface(with_field_names(payload))
    event = without_empty(
        {
            **{name: line(payload.get(name), limit) for name, limit in _LINES},
            "event_id": text(payload.get("event_id"), 36),
            "level": level(payload.get("level")),
            "transaction": _transaction(payload),
            "transaction_source": line(mapping(payload.get("transaction_info")).get("source"), 20),
            "timestamp": text(payload.get("timestamp"), 40),
            "environment": environment(payload),
            "message": message(payload),
            **stacks(payload),
            "request": request(payload),
            "user": user(payload),
            "tags": tags(payload.get("tags")),
            "contexts": mapping(payload.get("contexts")),
            "extra": mapping(payload.get("extra")),
            "breadcrumbs": breadcrumbs(payload.get("breadcrumbs")),
            "debug_meta": debug_meta(payload.get("debug_meta")),
            "sdk": sdk(payload.get("sdk")),
            "modules": modules(payload.get("modules")),
            "fingerprint": fingerprint(payload.get("fingerprint")),
        }
    )
    if missing := left_out(payload, event):
        event["left_out"] = missing
    return event


def _transaction(payload: Json) -> str:
    name = line(payload.get("transaction") or payload.get("culprit"), 300)
    return "" if name in _UNNAMED else name


def level(value: Any) -> str:
    """One of Sentry's five levels, also from Python's numeric ones; `error`, as in Sentry, for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return next((name for floor, name in _NUMERIC if value >= floor), "debug")
    return _LEVELS.get(text(value, 20).strip().lower(), "error")


_NUMERIC = ((50, "fatal"), (40, "error"), (30, "warning"), (20, "info"))


def environment(payload: Json) -> str:
    """The name as sent, else the tag `environment`, else the SDKs' default; slashes become dashes."""
    tagged = mapping(payload.get("tags")).get("environment")
    name = line(payload.get("environment"), MAX_ENVIRONMENT) or line(tagged, MAX_ENVIRONMENT)
    if "/" in name:  # scrubbed first: without slashes an address is not recognised
        name = scrub_text(name).replace("/", "-")
    return name or DEFAULT_ENVIRONMENT


def message(payload: Json) -> Json:
    """Template, formatted text and parameters of `logentry`, `message` (text or object)."""
    source = payload.get("logentry") or payload.get("message")
    if not isinstance(source, dict):
        return without_empty({"formatted": text(source, MAX_VALUE)})
    template = text(source.get("message"), MAX_VALUE)
    plain = payload.get("message")
    formatted = text(source.get("formatted"), MAX_VALUE) or text(plain if isinstance(plain, str) else "", MAX_VALUE)
    parameters = source.get("params")
    if formatted in ("", template):
        formatted = text(rendered(template, parameters, line(payload.get("platform"), 64)), MAX_VALUE)
    return without_empty(
        {
            "template": template,
            "formatted": formatted,
            "params": parameters if isinstance(parameters, (list, dict)) else None,
        }
    )


def request(payload: Json) -> Json:
    """Method, URL, query string, headers, cookies, data and environment of the HTTP request."""
    source = mapping(payload.get("request"))
    query = source.get("query_string") if "query_string" in source else source.get("query")
    cookies = source.get("cookies")
    return without_empty(
        {
            "method": line(source.get("method"), 10).upper(),
            "url": text(source.get("url"), 2000),
            "query_string": query if isinstance(query, str) else mapping(query),
            "headers": {text(name, 200): _joined(value) for name, value in mapping(source.get("headers")).items()},
            "cookies": cookies if isinstance(cookies, str) else mapping(cookies),
            "data": source.get("data"),
            "env": mapping(source.get("env")),
        }
    )


def _joined(value: Any) -> str:
    """A header's value; some SDKs send a list per header."""
    return ", ".join(text(part, 2000) for part in value) if isinstance(value, list) else text(value, 2000)


def user(payload: Json) -> Json:
    """The user's fields, of which id, email, username and ip_address are text."""
    source = mapping(payload.get("user"))
    texts_of = {name: text(source.get(name), 200) for name in ("id", "email", "username", "ip_address")}
    return without_empty({**source, **texts_of})


def tags(value: Any) -> dict[str, str]:
    """At most MAX_TAGS tags, names and values as text of at most 200 characters."""
    result: dict[str, str] = {}
    for name, content in mapping(value).items():
        if name and content is not None and len(result) < MAX_TAGS:
            result[text(name, 200)] = line(content, 200)
    return result


def breadcrumbs(value: Any) -> list[Json]:
    """The newest MAX_BREADCRUMBS, oldest first."""
    return [_breadcrumb(crumb) for crumb in values(value)[-MAX_BREADCRUMBS:]]


def _breadcrumb(source: Json) -> Json:
    crumb = texts(source, _CRUMB_TEXTS)
    data = source.get("data")
    if data:
        crumb["data"] = data if isinstance(data, dict) else mapping(data)
    return crumb


_CRUMB_TEXTS = (("timestamp", 40), ("type", 40), ("category", 100), ("level", 10), ("message", 2000))


def sdk(value: Any) -> Json:
    """Name and version of the SDK."""
    source = mapping(value)
    return without_empty({"name": line(source.get("name"), 100), "version": line(source.get("version"), 40)})


def modules(value: Any) -> dict[str, str]:
    """Version by name of at most MAX_MODULES installed packages."""
    sent = mapping(value)
    if set(map(type, sent.values())) == {str} and max(map(len, sent.values())) <= 60 and len(sent) <= MAX_MODULES:
        return sent  # as all SDKs send them, some hundred with each event
    return {text(name, 200): text(version, 60) for name, version in list(sent.items())[:MAX_MODULES]}


def fingerprint(value: Any) -> list[str]:
    """The client's fingerprint as a list of texts, also where it is one string."""
    parts = value if isinstance(value, list) else [value]
    return [text(part, 300) for part in parts[:50] if part is not None]
