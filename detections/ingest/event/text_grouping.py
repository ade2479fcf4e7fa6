"""Groups events that have neither stack nor exception by their text, and those without text by their route (pure)."""

from __future__ import annotations

from detections.ingest.event.parameterise import parameterise
from detections.ingest.protocol.coerce import Json


def by_text(event: Json, route: str) -> tuple[str, list[str]]:
    """Method and components.

    A template with parameters is one text as it stands. One without was put together before it was logged (an
    f-string), so that it is read like any other text. Events without a text are apart by route and logger: what they
    share is only that nothing is known of them.
    """
    message: Json = event.get("message", {})
    template = message.get("template", "")
    if template and message.get("params"):
        return "message template", [template]
    text = template or message.get("formatted", "")
    if text.strip():
        return "message template", [parameterise(text)]
    return "route", ["(no message)", parameterise(route or event.get("transaction", "")), event.get("logger", "")]
