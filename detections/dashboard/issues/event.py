"""The parts of a stored event for its page (pure): exceptions, threads, breadcrumbs, request, user, contexts.

Reads the shape that `ingest.event.normalise` documents. What is missing or has another type is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from detections.dashboard.issues.parts.breadcrumbs import Breadcrumb, breadcrumb_list
from detections.dashboard.issues.parts.exceptions import RaisedException, exception_list, is_branched
from detections.dashboard.issues.parts.frames import ThreadShown, thread_list
from detections.dashboard.issues.parts.left_out import breadcrumbs_sent, missing_sentences
from detections.dashboard.issues.parts.values import Json, mapping, objects, pairs, value_text

_HIDDEN_USER = {"hash"}


@dataclass(frozen=True)
class EventParts:
    """The parts of an event, the exception raised last first; a part is empty where the event has none.

    `is_branched`: the exceptions are more than a chain of causes. `breadcrumbs_sent`: with those that were not kept.
    """

    exceptions: list[RaisedException]
    is_branched: bool = False
    message: str = ""
    template: str = ""
    parameters: list[tuple[str, str]] = field(default_factory=list)
    threads: list[ThreadShown] = field(default_factory=list)
    breadcrumbs: list[Breadcrumb] = field(default_factory=list)
    breadcrumbs_sent: int = 0
    request: list[tuple[str, str]] = field(default_factory=list)
    request_url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    user: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    contexts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    extra: list[tuple[str, str]] = field(default_factory=list)
    binaries: list[tuple[str, str]] = field(default_factory=list)
    modules: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def event_parts(body: Json) -> EventParts:
    """The parts of a stored event."""
    request = mapping(body.get("request"))
    message, template, parameters = _message(body)
    exceptions = exception_list(body)
    return EventParts(
        exceptions=exceptions,
        is_branched=is_branched(exceptions),
        message=message,
        template=template,
        parameters=parameters,
        threads=thread_list(body),
        breadcrumbs=breadcrumb_list(body),
        breadcrumbs_sent=breadcrumbs_sent(body),
        request=pairs({name: request.get(name) for name in ("query_string", "data", "cookies", "env")}),
        request_url=f"{request.get('method') or ''} {request.get('url') or ''}".strip(),
        headers=pairs(request.get("headers")),
        user=[pair for pair in pairs(body.get("user")) if pair[0] not in _HIDDEN_USER],
        tags=sorted(pairs(body.get("tags"))),
        contexts=_contexts(body),
        extra=pairs(body.get("extra")),
        binaries=[_binary(each) for each in objects(mapping(body.get("debug_meta")).get("images"))],
        modules=sorted(pairs(body.get("modules"))),
        missing=missing_sentences(body),
    )


def _message(body: Json) -> tuple[str, str, list[tuple[str, str]]]:
    """The message, its template where that differs, and the parameters. No message that an exception repeats."""
    sent = mapping(body.get("message"))
    text, template = (value_text(sent.get(name) or "") for name in ("formatted", "template"))
    params = sent.get("params")
    if isinstance(params, list):
        params = params[0] if len(params) == 1 and isinstance(params[0], dict) else dict(enumerate(params, 1))
    parameters = [(str(name), value_text(value)) for name, value in mapping(params).items()]
    template = "" if template == text else template
    if text and _plain(text) in {each for link in objects(body.get("exception")) for each in _spellings(link)}:
        text = ""
    return text, template, parameters


def _spellings(exception: Json) -> list[str]:
    """What SDKs send as message of an event for its exception."""
    kind, value = str(exception.get("type") or ""), value_text(exception.get("value") or "")
    both = f"{kind}: {value}" if value else kind
    return [_plain(each) for each in (value, both, f"Uncaught {both}", f"{exception.get('module')}.{both}")]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _contexts(body: Json) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the event says of itself, then its contexts, in which a `type` that repeats the name is left out."""
    shown = [("event", _facts(body))]
    for name, each in mapping(body.get("contexts")).items():
        found = pairs({} if each == {"type": name} else each)
        flags = objects(mapping(each).get("values")) if name == "flags" else []
        if flags:
            found = [(str(flag.get("flag")), value_text(flag.get("result"))) for flag in flags]
        shown.append((str(name), [pair for pair in found if pair != ("type", name)]))
    return [(name, found) for name, found in shown if found]


def _facts(body: Json) -> list[tuple[str, str]]:
    sdk = mapping(body.get("sdk"))
    transaction = {"transaction": body.get("transaction"), "named by": body.get("transaction_source")}
    return pairs(
        {
            "platform": body.get("platform"),
            **(transaction if body.get("transaction") else {}),
            "server": body.get("server_name"),
            "build": body.get("dist"),
            "SDK": f"{sdk.get('name') or ''} {sdk.get('version') or ''}".strip(),
            "fingerprint": body.get("fingerprint"),
        }
    )


def _binary(image: Json) -> tuple[str, str]:
    """File, and its ids and address."""
    names = ("code_file", "debug_file", "name", "uuid")
    ids: dict[str, Any] = {name: image.get(name) for name in ("debug_id", "code_id", "uuid", "arch", "image_addr")}
    file = next((str(image[name]) for name in names if image.get(name)), str(image.get("type") or "?"))
    return file, "\n".join(f"{name} {value}" for name, value in pairs(ids))
