"""Breadcrumbs of an event for its page (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from detections.dashboard.issues.parts.values import Json, mapping, objects, pairs, value_text
from detections.ingest.event.timestamps import parse


@dataclass(frozen=True)
class Breadcrumb:
    """One breadcrumb. `time` is its time of day in UTC, with the day where that is not the event's, or what was sent
    where that is no time; `at` and `moment` are the whole time."""

    time: str
    at: datetime | None
    moment: str
    level: str
    category: str
    message: str
    data: list[tuple[str, str]]


def breadcrumb_list(body: Json) -> list[Breadcrumb]:
    """The breadcrumbs, newest first: by their times, where threads or SDKs mixed them; as sent where one has none."""
    happened = parse(body.get("timestamp"))
    day = happened.date() if happened else None
    crumbs = [_breadcrumb(each, day) for each in reversed(objects(body.get("breadcrumbs")))]
    times = [crumb.at for crumb in crumbs if crumb.at]
    if len(times) < len(crumbs):
        return crumbs
    newest_first = sorted(zip(times, crumbs, strict=True), key=lambda each: each[0], reverse=True)
    return [crumb for _, crumb in newest_first]


def _breadcrumb(each: Json, day: date | None) -> Breadcrumb:
    sent = each.get("timestamp")
    at = parse(sent)
    data = mapping(each.get("data"))
    message = value_text(each.get("message") or "")
    if not message:
        message, data = _summary(data)
    return Breadcrumb(
        time=_time(at, day) if at else str(sent or ""),
        at=at,
        moment=f"{at:%Y-%m-%d} {_clock(at)} UTC" if at else "",
        level=str(each.get("level") or "info"),
        category=str(each.get("category") or each.get("type") or ""),
        message=message,
        data=pairs(data),
    )


def _time(at: datetime, day: date | None) -> str:
    return _clock(at) if day in (None, at.date()) else f"{at:%d %b} {_clock(at)}"


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
