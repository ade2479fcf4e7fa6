"""Schedules written over the API: made, changed, paused, resumed, deleted; by the acts of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from typing import Annotated, Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest
from ninja import Field, Status
from pydantic import AfterValidator, StrictInt

from bootstrap.checklists.api import refusals_as_problems
from bootstrap.checklists.api_schemas import MAX_SEEN
from bootstrap.checklists.models import Checklist, RunSchedule
from bootstrap.checklists.models.schedules import LONGEST_EXPIRY, PERIOD
from bootstrap.checklists.plans.assign import owner_called
from bootstrap.checklists.runs.lookup import find_environment
from bootstrap.checklists.schedules import acts
from bootstrap.checklists.schedules.api import ScheduleOut, Unit, schedules, shown
from bootstrap.checklists.schedules.calendar import MOST
from opsconsole.accounts.bearer import WriteBearer, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound, find
from opsconsole.lib.web.api_schemas import Problem, StrictBody, Text
from opsconsole.lib.web.problem import ProblemError

# The router of `api`, with the operations below.
__all__ = ["schedules"]
MOST_DAYS = 2**15 - 1


def _is_time(text: str) -> str:
    if len(text) != len("HH:MM"):
        raise ValueError("write HH:MM, e.g. 09:00")
    time.fromisoformat(text)
    return text


WallTime = Annotated[str, AfterValidator(_is_time)]
SEEN = Field(
    None, ge=0, le=MAX_SEEN, description="`revision` that you saw; when it was changed since, the answer is 409."
)


class ScheduleFields(StrictBody):
    """What a schedule says besides its checklist and environment. In a change, a field that is left out stays."""

    subject: Text = Field(PERIOD, description="What a run is about; {period} stands for the period's name.")
    every: StrictInt = Field(1, ge=1, le=MOST, description="How many units a period has.")
    unit: Unit = "quarter"
    at: WallTime = Field("09:00", description="HH:MM by the clocks of the zone.")
    zone: Text = Field("UTC", description="IANA name, e.g. Europe/Berlin.")
    due_days: StrictInt | None = Field(
        None,
        ge=1,
        le=MOST_DAYS,
        description="Days from a period's start; null: the last whole day (UTC) before its end.",
    )
    owner: Text | None = Field(None, description="Whose the runs are: an owner or a user, by name; null for nobody.")


class ScheduleIn(ScheduleFields):
    """A schedule to make."""

    checklist: Text = Field(description="Slug.")
    environment: Text = Field(description="system/environment; an alias of the environment too.")
    starts_on: date = Field(description="First day; later periods start on the same day of the week or month.")
    expires_after: StrictInt = Field(ge=1, le=LONGEST_EXPIRY, description="Days for which a signature holds on.")


class ScheduleChangeIn(ScheduleFields):
    """What to change."""

    starts_on: date | None = Field(None, description="First day; never null.")
    expires_after: StrictInt | None = Field(
        None, ge=1, le=LONGEST_EXPIRY, description="Days for which a signature holds on; never null."
    )
    seen: StrictInt | None = SEEN


class SeenIn(StrictBody):
    seen: StrictInt | None = SEEN


class ScheduleConflictOut(ScheduleOut):
    """The schedule as it is now, with the members of a problem."""

    type: str
    title: str
    status: int
    detail: str


NO_BODY = SeenIn.model_validate({})
ON_ONE: dict[int, Any] = {200: ScheduleOut, 403: Problem, 404: Problem, 409: ScheduleConflictOut, 422: Problem}


@schedules.post(
    "/",
    auth=WriteBearer(),
    response={201: ScheduleOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    summary="Make a schedule",
)
def make_schedule(request: HttpRequest, body: ScheduleIn) -> Status[dict[str, Any]]:
    """A period that has begun has its run within the minute. 409 where there is one of this checklist with this subject
    in this environment."""
    checklist = find(Checklist.objects.all(), "checklist", body.checklist)
    environment = find_environment(body.environment)
    if not checklist.versions.exists():
        raise ProblemError(409, f"{checklist} has no version yet: import its runbook.")
    token = caller(request)
    with _acting(), refusals_as_problems(dict):
        draft = RunSchedule(checklist=checklist, environment=environment, **_values(body, set(_FIELDS)))
        made = acts.make(draft, token.owner, clock.now())
    return Status(201, shown(made.pk))


@schedules.patch("/{int:schedule_id}/", auth=WriteBearer(), response=ON_ONE, summary="Change a schedule")
def change_schedule(request: HttpRequest, schedule_id: int, body: ScheduleChangeIn) -> dict[str, Any]:
    """The fields that are given; runs that are there stay as they are. Its checklist and environment stay: of another
    pair one makes another schedule."""
    return _change(request, schedule_id, body, body.seen)


@schedules.post("/{int:schedule_id}/pause/", auth=WriteBearer(), response=ON_ONE, summary="Pause a schedule")
def pause_schedule(request: HttpRequest, schedule_id: int, body: SeenIn = NO_BODY) -> dict[str, Any]:
    """It opens and closes nothing; the run that is open stays open."""
    return _change(request, schedule_id, {"active": False}, body.seen)


@schedules.post("/{int:schedule_id}/resume/", auth=WriteBearer(), response=ON_ONE, summary="Resume a schedule")
def resume_schedule(request: HttpRequest, schedule_id: int, body: SeenIn = NO_BODY) -> dict[str, Any]:
    """The current period has its run within the minute."""
    return _change(request, schedule_id, {"active": True}, body.seen)


@schedules.delete("/{int:schedule_id}/", auth=WriteBearer(), response=ON_ONE, summary="Delete a schedule without runs")
def delete_schedule(request: HttpRequest, schedule_id: int) -> dict[str, Any]:
    """Answers what it was. One that has opened runs answers 409: they name it for good. It can be paused."""
    before = shown(schedule_id)
    token = caller(request)
    with _acting(), refusals_as_problems(lambda: shown(schedule_id)):
        acts.delete(schedule_id, token.owner)
    return before


_FIELDS = (*ScheduleFields.model_fields, "starts_on", "expires_after")


def _change(
    request: HttpRequest, pk: int, wanted: ScheduleChangeIn | dict[str, Any], seen: int | None
) -> dict[str, Any]:
    token = caller(request)
    shown(pk)  # raises NotFound
    with _acting(), refusals_as_problems(lambda: shown(pk)):
        values = wanted if isinstance(wanted, dict) else _values(wanted, wanted.model_fields_set - {"seen"})
        acts.change(pk, values, token.owner, clock.now(), seen)
    return shown(pk)


def _values(body: ScheduleIn | ScheduleChangeIn, given: set[str]) -> dict[str, Any]:
    """The model's fields that are `given`. Raises OwnerUnknown."""
    values = {name: getattr(body, name) for name in _FIELDS if name in given}
    if "at" in values:
        values["at"] = time.fromisoformat(values["at"])
    if "owner" in values:
        values["owner"] = owner_called(values["owner"] or "")
    return values


@contextmanager
def _acting() -> Iterator[None]:
    """A field that is wrong answers 422, a schedule that is there already 409."""
    try:
        yield
    except RunSchedule.DoesNotExist:
        raise NotFound("schedule") from None
    except ValidationError as error:
        found = error.message_dict
        status = 409 if set(found) == {NON_FIELD_ERRORS} else 422
        said = (
            " ".join(messages) if name == NON_FIELD_ERRORS else f"{name}: {' '.join(messages)}"
            for name, messages in found.items()
        )
        raise ProblemError(status, "; ".join(said)) from None
