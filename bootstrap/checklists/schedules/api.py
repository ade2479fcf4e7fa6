"""Schedules of runs over the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from bootstrap.checklists.schedules.queries import ScheduleRow, schedule_rows
from bootstrap.checklists.schedules.queries import schedules as all_schedules
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Paged, Problem
from opsconsole.lib.web.paging import page

schedules = Router(tags=["checklists"])
PLAIN = (
    "id",
    "subject",
    "every",
    "unit",
    "starts_on",
    "zone",
    "due_days",
    "expires_after",
    "active",
    "problem",
    "revision",
)


Unit = Literal["day", "week", "month", "quarter", "year"]


class ScheduleOut(Schema):
    """A checklist that is worked through again and again in an environment."""

    id: int
    checklist: str = Field(description="Slug.")
    environment: str = Field(description="system/environment.")
    subject: str = Field(description="What a run is about; {period} stands for the period's name.")
    every: int
    unit: Unit
    starts_on: date
    at: str = Field(description="HH:MM by the clocks of the zone.")
    zone: str
    due_days: int | None = Field(
        description="Days from a period's start; null: the last whole day (UTC) before its end."
    )
    expires_after: int = Field(description="Days for which a signature holds on in later periods.")
    owner: str | None
    active: bool
    problem: str = Field(description="Why the last run could not be opened; it is tried again each minute.")
    next_at: datetime | None = Field(description="When the next period starts; null while it is paused.")
    next_period: str | None
    open_run: int | None = Field(description="Id of the newest run that is open.")
    last_run: int | None = Field(description="Id of the run that was closed last.")
    last_outcome: Literal["", "finished", "closed", "missed"] | None
    revision: int = Field(description="Give it back as `seen` when changing it.")
    url: str


@schedules.get(
    "/", response={200: Page[ScheduleOut], 422: Problem}, url_name="schedules", summary="List schedules of checklists"
)
def list_schedules(request: HttpRequest, asked: Query[Paged]) -> dict[str, Any]:
    """Newest first."""
    found, following = page(request, all_schedules(), (("id", int),))
    return {"items": [_out(row) for row in schedule_rows(found, clock.now())], "next": following}


@schedules.get(
    "/{int:schedule_id}/", response={200: ScheduleOut, 404: Problem}, url_name="schedule", summary="One schedule"
)
def one_schedule(request: HttpRequest, schedule_id: int) -> dict[str, Any]:
    return shown(schedule_id)


def shown(pk: int) -> dict[str, Any]:
    """The fields of a ScheduleOut. Raises NotFound."""
    rows = schedule_rows(list(all_schedules().filter(pk=pk)), clock.now())
    if not rows:
        raise NotFound("schedule", pk)
    return _out(rows[0])


def _out(row: ScheduleRow) -> dict[str, Any]:
    schedule = row.schedule
    return {
        "checklist": schedule.checklist.slug,
        "environment": schedule.environment.path,
        "at": f"{schedule.at:%H:%M}",
        "owner": schedule.owner.name if schedule.owner else None,
        "next_at": row.following.start if row.following else None,
        "next_period": row.following.name if row.following else None,
        "open_run": row.current.pk if row.current else None,
        "last_run": row.last.pk if row.last else None,
        "last_outcome": row.last.outcome if row.last else None,
        "url": settings.PUBLIC_URL + reverse("schedule", args=[schedule.pk]),
        **{name: getattr(schedule, name) for name in PLAIN},
    }
