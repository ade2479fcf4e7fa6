"""What of an event was not kept, in sentences (pure)."""

from __future__ import annotations

from detections.dashboard.issues.parts.values import Json, mapping, objects, texts, whole

_LISTS = {
    "breadcrumbs": ("breadcrumb", "the newest are kept"),
    "tags": ("tag", "the first are kept"),
    "modules": ("installed module", "the first are kept"),
    "threads": ("thread", "those of exceptions and the first are kept"),
    "images": ("binary", "the first are kept"),
}


def missing_sentences(body: Json) -> list[str]:
    """A sentence for each list, text or field that is not kept as it was sent, by the limits of this console or by the
    SDK's. Missing frames are told where they are missing."""
    missing = mapping(body.get("left_out"))
    found = []
    if count := whole(missing.get("exceptions")):
        found.append(
            f"{_count(count, 'exception')} between the outermost {_half(body, rest=True)} and the innermost "
            f"{_half(body)} of the chain."
        )
    for name, (what, kept) in _LISTS.items():
        if count := whole(missing.get(name)):
            found.append(f"{_count(count, what)}; {kept}.")
    for name, what in (("value", "the exception's value"), ("message", "the message")):
        if count := whole(missing.get(name)):
            found.append(f"The end of {what}: it had {count:,} characters.")
    found += [_by_sdk(place, length) for place, length in _remarks(missing)]
    if names := texts(missing.get("fields")):
        found.append(f"Fields that this console does not read: {', '.join(names)}.")
    return found


def breadcrumbs_sent(body: Json) -> int:
    """The breadcrumbs before any were left out, here or by the SDK."""
    missing = mapping(body.get("left_out"))
    here = len(objects(body.get("breadcrumbs"))) + (whole(missing.get("breadcrumbs")) or 0)
    said = [length for place, length in _remarks(missing) if place in {"breadcrumbs", "breadcrumbs.values"}]
    return max([here, *said])


def _remarks(missing: Json) -> list[tuple[str, int]]:
    sent = missing.get("sdk")
    both = [each for each in sent if isinstance(each, list) and len(each) == 2] if isinstance(sent, list) else []
    return [(str(place), whole(length) or 0) for place, length in both]


def _half(body: Json, rest: bool = False) -> int:
    kept = len(objects(body.get("exception")))
    return kept - kept // 2 if rest else kept // 2


def _count(count: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{count:,} {what if count == 1 else plural}"


def _by_sdk(place: str, length: int) -> str:
    return f"{place}: shortened by the SDK{f', it had {length:,}' if length else ''}."
