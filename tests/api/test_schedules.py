"""Schedules over the API: made, changed with the revision that was seen, paused, resumed, deleted without runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pghistory.models
import pytest
import time_machine
from django.test import Client

from bootstrap.checklists.models import Checklist, RunSchedule
from bootstrap.checklists.schedules.open_due import open_due_runs
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, make_schedule

pytestmark = pytest.mark.django_db
SCHEDULES = "/api/v1/checklists/schedules/"
WEEKLY: dict[str, Any] = {
    "checklist": "setup",
    "environment": "demo/prod",
    "subject": "Access review {period}",
    "unit": "week",
    "starts_on": "2026-04-20",
    "zone": "Europe/Berlin",
    "expires_after": 30,
}


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    with time_machine.travel(Q2 + timedelta(days=5), tick=False):
        yield


@pytest.fixture
def checklist() -> Checklist:
    run = builders.run(builders.environment())
    made: Checklist = run.version.checklist
    run.delete()
    return made


def post(client: Client, address: str = "", **body: Any) -> Any:
    return client.post(f"{SCHEDULES}{address}", body, content_type="application/json")


def patch(client: Client, pk: int, **body: Any) -> Any:
    return client.patch(f"{SCHEDULES}{pk}/", body, content_type="application/json")


def test_it_is_made_as_on_its_page_and_read_back(writer: Client, checklist: Checklist) -> None:
    Environment.objects.update(aliases=["production"])
    made = post(writer, **WEEKLY | {"environment": "demo/Production", "owner": "ada"})
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["environment"], found["at"], found["owner"], found["revision"]) == ("demo/prod", "09:00", "ada", 0)
    assert (found["next_at"], found["next_period"]) == ("2026-04-20T07:00:00Z", "week 17 of 2026")
    assert writer.get(f"{SCHEDULES}{found['id']}/").json() == found
    assert RunSchedule.objects.get().created_by == User.objects.get(username="ada")


def test_the_history_names_who_did_it(writer: Client, checklist: Checklist) -> None:
    pk = post(writer, **WEEKLY).json()["id"]
    post(writer, f"{pk}/pause/")
    writer.delete(f"{SCHEDULES}{pk}/")
    ada = User.objects.get(username="ada")
    events = pghistory.models.Events.objects.filter(pgh_obj_model="bootstrap.RunSchedule", pgh_obj_id=str(pk))
    labels = {event.pgh_label for event in events}
    assert labels == {"insert", "update", "delete"}
    assert {event.pgh_context["user"] for event in events} == {ada.pk}
    assert all("token" in event.pgh_context["actor"] for event in events)


def test_a_second_one_alike_is_a_conflict(writer: Client, checklist: Checklist) -> None:
    assert post(writer, **WEEKLY).status_code == 201
    again = post(writer, **WEEKLY)
    assert (again.status_code, "There is a schedule of this checklist" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"checklist": "setop"}, 404, "Did you mean setup?"),
        ({"environment": "demo/prd"}, 404, "Did you mean demo/prod?"),
        ({"environment": "other/prod"}, 422, "a checklist of another system"),
        ({"zone": "Berlin"}, 422, "zone: 'Berlin' is no IANA zone"),
        ({"subject": "Access review"}, 422, "subject: Write {period}"),
        ({"expires_after": 3}, 422, "expires_after: A signature has to hold"),
        ({"starts_on": "1800-01-01"}, 422, "starts_on: The first day is from"),
        ({"at": "25:00"}, 422, "at"),
        ({"at": "09:00:00+02:00"}, 422, "write HH:MM"),
        ({"every": 0}, 422, "every"),
        ({"every": 10**9}, 422, "every"),
        ({"due_days": 10**6}, 422, "due_days"),
        ({"unit": "fortnight"}, 422, "unit"),
        ({"owner": "nobody-at-all"}, 422, "Nobody is called"),
        ({"subject": "x\0 {period}"}, 422, "NUL"),
        ({"evry": 2}, 422, "evry"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    writer: Client, checklist: Checklist, sent: dict[str, Any], status: int, said: str
) -> None:
    builders.environment("prod", "other")
    answer = post(writer, **WEEKLY | sent)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.content
    assert not RunSchedule.objects.exists()


def test_a_checklist_without_a_version_says_so(writer: Client, checklist: Checklist) -> None:
    Checklist.objects.create(slug="empty", title="Empty", system=checklist.system)
    answer = post(writer, **WEEKLY | {"checklist": "empty"})
    assert (answer.status_code, "import its runbook" in answer.json()["detail"]) == (409, True)


def test_a_change_keeps_what_it_does_not_name_and_needs_the_revision_that_was_seen(writer: Client) -> None:
    schedule = make_schedule(due_days=10)
    changed = patch(writer, schedule.pk, at="10:30", seen=0).json()
    assert (changed["at"], changed["due_days"], changed["unit"], changed["revision"]) == ("10:30", 10, "quarter", 1)
    stale = patch(writer, schedule.pk, due_days=None, seen=0)
    assert (stale.status_code, stale.json()["revision"], stale.json()["due_days"]) == (409, 1, 10)
    assert patch(writer, schedule.pk, due_days=None, seen=1).json()["due_days"] is None
    assert patch(writer, schedule.pk, unit="year", seen=2).status_code == 422, "a signature would not hold so long"
    assert patch(writer, schedule.pk, checklist="setup").status_code == 422
    assert patch(writer, schedule.pk, starts_on=None).status_code == 422
    assert patch(writer, schedule.pk, expires_after=None).status_code == 422
    assert patch(writer, 999, at="10:30").status_code == 404


def test_paused_it_opens_nothing_until_it_is_resumed(writer: Client) -> None:
    schedule = make_schedule()
    paused = post(writer, f"{schedule.pk}/pause/", seen=0).json()
    assert (paused["active"], paused["next_at"]) == (False, None)
    open_due_runs(Q2 + timedelta(days=5))
    assert not schedule.runs.exists()
    assert post(writer, f"{schedule.pk}/resume/", seen=0).status_code == 409
    assert post(writer, f"{schedule.pk}/resume/").json()["active"] is True
    open_due_runs(Q2 + timedelta(days=5))
    assert schedule.runs.count() == 1


def test_it_is_deleted_only_without_runs(writer: Client) -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    kept = writer.delete(f"{SCHEDULES}{schedule.pk}/")
    assert (kept.status_code, "pause it instead" in kept.json()["detail"]) == (409, True)
    other = make_schedule(subject="Second team {period}")
    assert writer.delete(f"{SCHEDULES}{other.pk}/").json()["id"] == other.pk
    assert writer.delete(f"{SCHEDULES}{other.pk}/").status_code == 404
    assert RunSchedule.objects.get() == schedule


def test_who_may_only_read_writes_none(reader: Client, checklist: Checklist) -> None:
    assert post(reader, **WEEKLY).status_code == 403
