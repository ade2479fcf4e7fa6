"""What of an event is not kept: by the limits of this console, and by the SDK as it says in `_meta` (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detections.ingest.protocol.coerce import Json, line, mapping, number, text, values, without_empty
from opsconsole.lib.text.secrets import scrub_text

# Remarks of the SDK and unknown fields that are kept; levels of `_meta` that are read.
MAX_REMARKS = 50
MAX_DEPTH = 12
# Fields that the protocol has or had; what is not read of them has no use here: transactions, what a relay adds.
_KNOWN = frozenset(
    (
        *("event_id", "platform", "level", "logger", "transaction", "culprit", "transaction_info", "timestamp"),
        *("environment", "release", "dist", "server_name", "message", "logentry", "exception", "stacktrace", "threads"),
        *("request", "user", "tags", "contexts", "extra", "breadcrumbs", "sdk", "modules", "fingerprint", "checksum"),
        *("debug_meta", "_meta", "type", "start_timestamp", "spans", "measurements", "breakdowns", "_metrics"),
        *("project", "key_id", "version", "received", "errors", "site", "time_spent", "location", "title", "metadata"),
        *("hashes", "nodestore_insert", "ingest_path", "grouping_config", "profile", "client_sample_rate", "sent_at"),
        *("template", "csp", "hpkp", "expectct", "expectstaple", "nel", "scraping_attempts", "sdkProcessingMetadata"),
    )
)


def left_out(payload: Json, event: Json) -> Json:
    """What `event`, the normalised payload, is without; {} mostly.

    `exceptions`, `breadcrumbs`, `tags`, `modules`, `threads`, `images`: how many; `value`, `message`: characters of the
    reported exception's value and of the message, where they are cut; `sdk`: pairs of a place and its length before the
    SDK shortened it (0: not known); `fields`: names of top-level fields that are not read.
    """
    result = _counts(payload, event)
    if "_meta" in payload:
        result["sdk"] = list(_remarks(payload["_meta"]))
    if not _KNOWN.issuperset(payload):
        names = sorted(line(name, 60) for name in payload.keys() - _KNOWN if not name.startswith("sentry.interfaces."))
        result["fields"] = names[:MAX_REMARKS]
    return without_empty(result)


def _counts(payload: Json, event: Json) -> Json:
    """How many of each list are missing, and the characters of texts that are cut."""
    result = {
        "exceptions": _missing(payload.get("exception"), event.get("exception", ())),
        "breadcrumbs": _missing(payload.get("breadcrumbs"), event.get("breadcrumbs", ())),
        "tags": _missing_names(payload.get("tags"), event.get("tags", ())),
        "modules": _missing_names(payload.get("modules"), event.get("modules", ())),
    }
    if "threads" in event:
        result["threads"] = _missing(payload["threads"], event["threads"])
    if "debug_meta" in event:
        result["images"] = _missing(mapping(payload["debug_meta"]).get("images"), event["debug_meta"].get("images", ()))
    chain, message = event.get("exception"), event.get("message", {})
    if chain and chain[-1].get("value", "").endswith("…"):
        result["value"] = _length(values(payload.get("exception"))[-1].get("value"), chain[-1]["value"])
    if message.get("formatted", "").endswith("…"):
        result["message"] = max((_length(each, message["formatted"]) for each in _messages(payload)), default=0)
    return {name: count for name, count in result.items() if count}


def _missing(sent: Any, kept: Any) -> int:
    """Objects of a list that are not kept."""
    inner = sent.get("values") if isinstance(sent, dict) else sent
    return len(values(inner)) - len(kept) if isinstance(inner, list) and len(inner) > len(kept) else 0


def _missing_names(sent: Any, kept: Any) -> int:
    """Names with a value that are not kept."""
    if not isinstance(sent, (dict, list)) or len(sent) <= len(kept):
        return 0
    return max(sum(1 for name, value in mapping(sent).items() if name and value is not None) - len(kept), 0)


def _messages(payload: Json) -> Iterator[Any]:
    for source in (payload.get(name) for name in ("logentry", "message")):
        yield from (source.get("formatted"), source.get("message")) if isinstance(source, dict) else (source,)


def _length(sent: Any, kept: str) -> int:
    """The characters of a text that is longer than what is kept of it; 0 where it is not."""
    return len(sent) if isinstance(sent, str) and len(sent) > len(kept) else 0


def _remarks(meta: Any) -> Iterator[list[Any]]:
    """[place, length before] of what the SDK shortened or removed: `_meta` mirrors the event, remarks under ''."""
    waiting: list[tuple[str, Any, int]] = [("", meta, 0)]
    found = 0
    while waiting and found < MAX_REMARKS:
        place, node, depth = waiting.pop()
        if not isinstance(node, dict):
            continue
        remark = node.get("")
        if place and isinstance(remark, dict) and ("len" in remark or "rem" in remark):
            found += 1
            yield [text(place, 300), number(remark.get("len")) or 0]
        if depth < MAX_DEPTH:
            # Names are scrubbed one by one: behind a dot a secret is not recognised.
            named = [(scrub_text(text(name, 200)), each) for name, each in node.items() if name]
            waiting += [(f"{place}.{name}" if place else name, each, depth + 1) for name, each in reversed(named)]
