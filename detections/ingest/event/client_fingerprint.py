"""Fills in the variables of a client's fingerprint (pure): `{{ default }}`, `{{ error.type }}`, `{{ tags.shop }}` …

The names are those of Sentry's fingerprint rules. A name that is none of them stays as it is written, so that the
issue's explanation shows it; a field that the event does not have is empty.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from detections.ingest.event.stack_grouping import main_exception
from detections.ingest.protocol.coerce import Json

_VARIABLE = re.compile(r"\{\{([^{}]*+)\}\}")
_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}", re.IGNORECASE)
_TAG = "tags."
# Characters of the event's own components within another text; of longer ones their hash stands there.
MAX_DEFAULT = 300
# Name -> the frame's fields of which the first that it has counts.
_OF_FRAME = {
    "function": ("function",),
    "module": ("module",),
    "package": ("package",),
    "abs_path": ("abs_path", "filename"),
    "path": ("abs_path", "filename"),
    "filename": ("filename", "abs_path"),
}


def is_default(fingerprint: list[str]) -> bool:
    """Whether the client leaves grouping to the console."""
    return not any(fingerprint) or (len(fingerprint) == 1 and bool(_DEFAULT.fullmatch(fingerprint[0].strip())))


def filled(fingerprint: list[str], default: list[str], event: Json, route: str) -> list[str]:
    """The parts of the fingerprint with their variables filled in; `default` are the event's own components."""
    parts: list[str] = []
    whole = default
    main = main_exception(event) if any(map(_VARIABLE.search, fingerprint)) else {}
    for part in fingerprint:
        if _DEFAULT.fullmatch(part.strip()):
            parts += whole
            whole = ["{{ default }}"]  # a second time it tells nothing more, and is as long as the first
        else:
            parts.append(_VARIABLE.sub(lambda match: _variable(match, default, event, main, route), part))
    return parts


def _variable(match: re.Match[str], default: list[str], event: Json, main: Json, route: str) -> str:
    name = match[1].strip()
    if name.lower().startswith(_TAG):
        return str(event.get("tags", {}).get(name[len(_TAG) :], ""))
    name = name.lower()
    if name == "default":
        joined = " ".join(default)
        return joined if len(joined) <= MAX_DEFAULT else blake2b(joined.encode(), digest_size=16).hexdigest()
    fields = _OF_FRAME.get(name.removeprefix("stack."))
    if fields:
        frame = _crash_frame(event, main)
        value = next((str(frame[field]) for field in fields if frame.get(field)), "")
        return re.split(r"[/\\]", value)[-1] if name.endswith("package") else value
    found = _of_event(name, event, main, route)
    return match[0] if found is None else found


def _of_event(name: str, event: Json, main: Json, route: str) -> str | None:
    """The value of a variable that no frame has; None for a name that is no variable."""
    values = {
        "type": main.get("type"),
        "value": main.get("value"),
        "message": event.get("message", {}).get("formatted") or main.get("value"),
        "transaction": event.get("transaction") or route,
        "level": event.get("level"),
        "logger": event.get("logger"),
        "release": event.get("release"),
        "environment": event.get("environment"),
        "platform": event.get("platform"),
    }
    key = name.removeprefix("error.") if name in {"error.type", "error.value"} else name
    return str(values[key] or "") if key in values else None


def _crash_frame(event: Json, main: Json) -> Json:
    """The innermost frame of the application, else the innermost one: where the reported exception was raised."""
    frames: list[Json] = main.get("frames") or event.get("frames") or [{}]
    return next((frame for frame in reversed(frames) if frame.get("in_app")), frames[-1])
