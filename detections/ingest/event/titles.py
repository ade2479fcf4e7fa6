"""The title of an issue from the exception that gives it its name (pure)."""

from __future__ import annotations

from typing import Any

from detections.ingest.event.generated_names import nameless
from detections.ingest.protocol.coerce import Json, line

MAX_TITLE = 300
# Mechanisms under which the handler of a crash made up type and value from a signal: they say how the process died, and
# the function says where.
_CRASHES = {
    *("mach", "signalhandler", "signal", "minidump", "breakpad", "crashpad", "applecrashreport", "unreal", "ndk"),
    *("native", "mxcrashdiagnostic", "mx_crash_diagnostic", "mx_hang_diagnostic", "tombstone", "inproc"),
}
# Where only handlers of crashes make synthetic exceptions. JavaScript's `throw "text"` is synthetic, too, and there the
# value is what the author wrote.
_NATIVE = {"cocoa", "objc", "swift", "native", "c"}


def of_crash(exception: dict[str, Any], event: Json) -> bool:
    """Whether a crash's handler made up the exception's type and value."""
    mechanism = exception.get("mechanism", {})
    if mechanism.get("type", "").lower() in _CRASHES:
        return mechanism.get("synthetic") is not False
    return mechanism.get("synthetic") is True and event.get("platform") in _NATIVE


def exception_title(exception: dict[str, Any], event: Json) -> str:
    """`Type: value` on one line; of a crash the crashing function, if it is known."""
    return line(_titling_function(exception, event) or _type_and_value(exception), MAX_TITLE)


def crash_subtitle(exception: dict[str, Any], event: Json) -> str:
    """`Type: value` where the title is a crash's function; '' elsewhere."""
    return _type_and_value(exception) if _titling_function(exception, event) else ""


def _type_and_value(exception: dict[str, Any]) -> str:
    """`Type: value`. Some SDKs send a message as the value of an exception without a type, for the stack beside it."""
    return ": ".join(filter(None, (exception.get("type"), exception.get("value")))) or "Error"


def _titling_function(exception: dict[str, Any], event: Json) -> str:
    return innermost_function(exception) if of_crash(exception, event) else ""


def innermost_function(stack: dict[str, Any]) -> str:
    """The function of the innermost in-app frame, else of the innermost frame, among those that have a name."""
    named = [frame for frame in stack.get("frames", []) if not nameless(frame.get("function", ""))]
    own = [frame for frame in named if frame.get("in_app")] or named
    return str(own[-1]["function"]) if own else ""
