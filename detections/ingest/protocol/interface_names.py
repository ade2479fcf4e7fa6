"""Names of an event's fields in the protocol before version 4, when each was the path of a class (pure)."""

from __future__ import annotations

from detections.ingest.protocol.coerce import Json

# sentry-java 1.x and raven's clients send them to this day.
_FIELDS = {
    "sentry.interfaces.Breadcrumbs": "breadcrumbs",
    "sentry.interfaces.Contexts": "contexts",
    "sentry.interfaces.DebugMeta": "debug_meta",
    "sentry.interfaces.Exception": "exception",
    "sentry.interfaces.Http": "request",
    "sentry.interfaces.Message": "logentry",
    "sentry.interfaces.Stacktrace": "stacktrace",
    "sentry.interfaces.User": "user",
}


def with_field_names(payload: Json) -> Json:
    """The object with today's names of these fields; what it has under them already stays."""
    if _FIELDS.keys().isdisjoint(payload):
        return payload
    renamed = {name: value for name, value in payload.items() if name not in _FIELDS}
    for old, name in _FIELDS.items():
        if value := payload.get(old):
            renamed[name] = renamed.get(name) or value
    return renamed
