"""Breadcrumbs of an event for its page (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from detections.dashboard.issues.parts.values import Json, mapping, objects, pairs, value_text
from detections.ingest.event.timestamps import parse


@dataclass(frozen=True)
class Breadcrumb:
    """One breadcrumb. `time` is its time of day in UTC, with the day where that is not the event's; `moment` both."""

    time: str
    moment: str
    level: str
    category: str
    message: str
    data: list[tuple[str, str]]


def breadcrumb_list(body: Json) -> list[Breadcrumb]:
    """The breadcrumbs, newest first."""
    happened = parse(body.get("timestamp"))
    day = happened.date() if happened else None
    return [_breadcrumb(each, day) for each in reversed(objects(body.get("breadcrumbs")))]


def _breadcrumb(each: Json, day: date | None) -> Breadcrumb:
    time, moment = _time(each.get("timestamp"), day)
    data = mapping(each.get("data"))
    message = value_text(each.get("message") or "")
    if not message:
        message, data = _summary(data)
    return Breadcrumb(
        time=time,
        moment=moment,
        level=str(each.get("level") or "info"),
        category=str(each.get("category") or each.get("type") or ""),
        message=message,
        data=pairs(data),
    )


def _time(sent: Any, day: date | None) -> tuple[str, str]:
    """Time of day and full time of an epoch or RFC 3339 text; what is neither is shown as it was sent."""
    at = parse(sent)
    if at is None:
        return str(sent or ""), ""
    at = at.astimezone(UTC)
    clock = _clock(at)
    return (clock if day in (None, at.date()) else f"{at:%d %b} {clock}"), f"{at:%Y-%m-%d} {clock} UTC"


def _clock(at: datetime) -> str:
    """To the millisecond, where there is a fraction."""
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}" if at.microsecond else f"{at:%H:%M:%S}"


def _summary(data: Json) -> tuple[str, Json]:
    """A line for a breadcrumb that has data only, a request or a navigation, and the rest of its data."""
    method = next((name for name in ("method", "http.method", "http.request.method") if data.get(name)), "")
    status = next((name for name in ("status_code", "http.response.status_code", "status") if data.get(name)), "")
    if data.get("url"):
        shown = [value_text(data[name]) for name in (method, "url") if name]
        shown += ["→", value_text(data[status])] if status else []
        used = {method, "url", status}
    elif data.get("from") and data.get("to"):
        shown, used = [value_text(data["from"]), "→", value_text(data["to"])], {"from", "to"}
    else:
        return "", data
    return " ".join(shown), {name: value for name, value in data.items() if name not in used}
