"""Silences over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from detections.alerts.routing.matchers import ALLOWED_KEYS, TAG
from detections.alerts.routing.time_windows import WeeklyWindow
from detections.alerts.silences import acts, listing
from detections.alerts.silences.draft import SilenceDraft, problems
from detections.alerts.silences.row import SilenceRow, rows
from detections.rules.silence_models import Silence
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Moment, Page, Paged, Problem, StrictBody, Text
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

router = Router(tags=["silences"])
MATCHERS = f"By key the words that it allows, * for any characters: all keys must match. Keys: {TAG}, {ALLOWED_KEYS}."


class WeeklyHours(Schema):
    """Hours of the week in which a recurring silence hides."""

    weekdays: list[int] = Field(description="0 Monday … 6 Sunday: the days on which the hours begin.")
    start: Text = Field(description="HH:MM, included; the wall clock of the zone.")
    end: Text = Field(description="HH:MM, not included; 24:00 allowed; before the start: over midnight.")
    zone: Text = Field(description="IANA zone, e.g. America/New_York.")


class SilenceIn(StrictBody):
    """A silence to make."""

    matchers: dict[str, list[str]] = Field(description=MATCHERS)
    reason: str = Field(description="Why; shown on each alert that it hides. At most 300 characters.")
    ends_at: Moment = Field(description="Not included; at most 366 days after the start.")
    starts_at: Moment | None = Field(None, description="Empty: now.")
    hours: WeeklyHours | None = Field(None, description="Of one that recurs every week.")
    confirm_all: bool = Field(False, description="Needed for matchers that match every alert.")


class SilenceOut(Schema):
    """A silence; messages of the alerts that it matches wait while it is active."""

    id: int
    status: Literal["planned", "active", "ended"]
    matchers: dict[str, list[str]]
    reason: str
    starts_at: datetime
    ends_at: datetime = Field(description="Of one that was ended early the time of that.")
    hours: WeeklyHours | None
    mutes: str | None = Field(description="The rule whose mute it is.")
    hides: int = Field(description="Open alerts that it hides now.")
    created_at: datetime
    created_by: str
    ended_by: str | None = Field(description="Who ended it early.")
    revision: int


class SilenceFilters(Paged):
    status: Literal["", "current", "active", "planned", "ended"] = Field(
        "", description="current: active or planned. Empty: all."
    )


@router.get("/", response={200: Page[SilenceOut], 422: Problem}, url_name="silences", summary="List silences")
def list_silences(request: HttpRequest, filters: Query[SilenceFilters]) -> dict[str, Any]:
    """Newest first."""
    now = clock.now()
    found, following = page(request, listing.matching(filters.status, "", now), (("id", int),))
    return {"items": [as_item(row) for row in rows(found, now)], "next": following}


@router.get("/{int:silence_id}/", response={200: SilenceOut, 404: Problem}, url_name="silence", summary="One silence")
def one_silence(request: HttpRequest, silence_id: int) -> dict[str, Any]:
    return _shown(silence_id, clock.now())


@router.post(
    "/", auth=WriteBearer(), response={201: SilenceOut, 403: Problem, 422: Problem}, summary="Silence alerts for a time"
)
def make_silence(request: HttpRequest, body: SilenceIn) -> Status[dict[str, Any]]:
    """Messages of the alerts that match wait from `starts_at` to `ends_at`; the alerts are there all the same."""
    token, now = _responder(request), clock.now()
    hours = body.hours
    window = WeeklyWindow("", hours.zone, frozenset(hours.weekdays), hours.start, hours.end) if hours else None
    draft = SilenceDraft(
        body.matchers, body.starts_at or now, body.ends_at, body.reason, window, confirmed=body.confirm_all
    )
    if found := problems(draft, now):
        errors = [{"field": name, "message": " ".join(sentences)} for name, sentences in found.items()]
        raise ProblemError(422, "; ".join(f"{each['field']}: {each['message']}" for each in errors), errors=errors)
    made = acts.create(draft, now, by=token.owner, actor=actor(token))
    return Status(201, _shown(made.pk, now))


@router.delete(
    "/{int:silence_id}/",
    auth=WriteBearer(),
    response={200: SilenceOut, 403: Problem, 404: Problem, 409: Problem},
    summary="End a silence now",
)
def end_silence(request: HttpRequest, silence_id: int) -> dict[str, Any]:
    """What it held back is sent, where it still fires. The silence stays in the list, as ended."""
    token, now = _responder(request), clock.now()
    try:
        acts.end(silence_id, now, by=token.owner, actor=actor(token))
    except Silence.DoesNotExist:
        raise NotFound("silence", silence_id) from None
    except acts.SilenceConflict as conflict:
        raise ProblemError(409, conflict.message) from None
    return _shown(silence_id, now)


def as_item(row: SilenceRow) -> dict[str, Any]:
    """A silence as the API shows it."""
    silence = row.silence
    plain = ("matchers", "reason", "starts_at", "ends_at", "created_at", "revision")
    hours = {
        "weekdays": silence.weekdays,
        "start": silence.window_start,
        "end": silence.window_end,
        "zone": silence.zone,
    }
    return {
        "id": silence.pk,
        "status": row.status,
        "hours": hours if silence.recurring else None,
        "mutes": silence.rule.identifier if silence.rule else None,
        "hides": row.hides,
        "created_by": silence.created_by_name or "the console itself",
        "ended_by": (silence.ended_by_name or "the console itself") if silence.ended_at else None,
        **{name: getattr(silence, name) for name in plain},
    }


def _shown(pk: int, now: datetime) -> dict[str, Any]:
    found = rows(list(Silence.objects.select_related("rule").filter(pk=pk)), now)
    if not found:
        raise NotFound("silence", pk)
    return as_item(found[0])


def _responder(request: HttpRequest) -> ApiToken:
    token = caller(request)
    if not token.owner.has_perm("detections.change_alert"):
        raise ProblemError(403, f"{token.owner} may not silence alerts; a responder may.")
    return token
