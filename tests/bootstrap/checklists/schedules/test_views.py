"""Pages of schedules: written with a preview, paused, resumed, started before their time; their history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import Run, RunSchedule
from bootstrap.checklists.schedules.open_due import open_due_runs
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, make_schedule
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
NEW = "/checklists/schedules/new/"


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    with time_machine.travel(Q2 + timedelta(days=5), tick=False):
        yield


@pytest.fixture
def signer() -> Client:
    client = client_of("dan", "add_run", "add_signoff")
    User.objects.update(time_zone="America/New_York")
    return client


def fields(**changes: Any) -> dict[str, Any]:
    run = builders.run(builders.environment())
    values = {
        "checklist": run.checklist_id,
        "environment": run.environment_id,
        "subject": "Access review {period}",
        "every": 1,
        "unit": "week",
        "starts_on": "2026-04-20",
        "at": "09:00",
        "zone": "Europe/Berlin",
        "expires_after": 30,
    }
    run.delete()
    return {**values, **changes}


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response
    return str(response.content.decode())


def test_the_preview_shows_five_dates_in_the_persons_zone_and_keeps_nothing(signer: Client) -> None:
    page = text(signer.post(NEW, fields(preview="1")))
    for date in ("2026-04-20", "2026-04-27", "2026-05-04", "2026-05-11", "2026-05-18"):
        assert f"{date} 03:00 America/New_York" in page
    assert "week 17 of 2026" in page
    assert not RunSchedule.objects.exists()


def test_it_is_kept_and_due_at_its_first_day(signer: Client) -> None:
    made = signer.post(NEW, fields())
    schedule = RunSchedule.objects.get()
    assert made.headers["Location"] == f"/checklists/schedules/{schedule.pk}/"
    assert f"{schedule.next_at:%Y-%m-%d %H:%M}" == "2026-04-20 07:00"
    assert schedule.created_by is not None
    page = text(signer.get(made.headers["Location"]))
    assert "weekly on Monday at 09:00 Europe/Berlin" in page
    assert "No run yet" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zone": "Mars/Olympus"}, "is no IANA zone"),
        ({"subject": "Access review"}, "Write {period} where"),
        ({"every": 0}, "greater than or equal to 1"),
        ({"every": 1000}, "less than or equal to 100"),
        ({"starts_on": "1999-01-01"}, "The first day is from 2000-01-01"),
        ({"starts_on": "soon"}, "Enter a valid date"),
        ({"expires_after": 3}, "A signature has to hold at least until the next run can be signed: 8 days"),
        ({"unit": "moon"}, "is not one of the available choices"),
        ({"at": "25:00"}, "Enter a valid time"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(signer: Client, changes: dict[str, Any], said: str) -> None:
    assert said in text(signer.post(NEW, fields(**changes)), 422)
    assert not RunSchedule.objects.exists()


def test_a_checklist_of_another_system_is_refused(signer: Client) -> None:
    other = builders.environment("prod", "another")
    assert "another system" in text(signer.post(NEW, fields(environment=other.pk)), 422)


def test_nothing_is_chosen_beforehand_but_by_the_run_that_is_to_repeat(signer: Client) -> None:
    run = builders.run(builders.environment())
    form = text(signer.get(NEW)).replace('<option value="" selected>', "")
    assert " selected" not in form.split('id="id_environment"')[1].split("</select>")[0]
    address = f"{NEW}?checklist={run.checklist_id}&amp;environment={run.environment_id}"
    assert address in text(signer.get(run.get_absolute_url()))
    page = text(signer.get(address.replace("&amp;", "&")))
    assert f'<option value="{run.checklist_id}" selected>{run.checklist.title} ({run.environment.system.slug})' in page
    assert f'<option value="{run.environment_id}" selected>' in page


def test_the_same_schedule_twice_is_refused(signer: Client) -> None:
    signer.post(NEW, fields())
    assert "There is a schedule of this checklist" in text(signer.post(NEW, fields()), 422)


def test_it_is_paused_and_resumed_by_who_saw_it_as_it_is(signer: Client) -> None:
    schedule = make_schedule()
    address = f"/checklists/schedules/{schedule.pk}/"
    paused = text(signer.post(f"{address}pause/", {"version": 0}, follow=True))
    assert "None while it is paused" in paused
    schedule.refresh_from_db()
    assert (schedule.active, schedule.next_at, schedule.revision) == (False, None, 1)
    assert "was changed meanwhile" in text(signer.post(f"{address}resume/", {"version": 0}, follow=True))
    signer.post(f"{address}resume/", {"version": 1})
    schedule.refresh_from_db()
    assert (schedule.active, schedule.next_at) == (True, Q2)


def test_a_change_names_what_it_saw_and_leaves_checklist_and_environment_of_one_with_runs(signer: Client) -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    address = f"/checklists/schedules/{schedule.pk}/change/"
    staging = builders.environment("staging")
    assert "2026-04-01" in text(signer.get(address))
    changed = fields(environment=staging.pk, version=0, unit="month", expires_after=40, starts_on="2026-04-01")
    assert signer.post(address, changed).status_code == 303
    schedule.refresh_from_db()
    assert (schedule.unit, schedule.environment.slug, schedule.revision) == ("month", "prod", 1)
    assert f"{schedule.next_at:%Y-%m-%d}" == "2026-05-01"
    assert "was changed meanwhile" in text(signer.post(address, changed), 409)


def test_a_run_is_started_before_its_time_once(signer: Client) -> None:
    schedule = make_schedule()
    start = f"/checklists/schedules/{schedule.pk}/start/"
    for period in ("2026-04-01", "2026-07-01"):
        made = signer.post(start)
        run = schedule.runs.get(period=period)
        assert made.headers["Location"] == run.get_absolute_url()
        assert run.opener == "dan"
    assert "about 2026-Q3 is open" in text(signer.post(start, follow=True))
    assert open_due_runs(Q3) == 0
    assert schedule.runs.count() == 2


def test_the_history_and_the_list_say_what_was_missed(signer: Client) -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    builders.item(schedule.runs.get(), "REVIEWED")
    open_due_runs(Q3)
    page = text(signer.get(f"/checklists/schedules/{schedule.pk}/"))
    assert "Missed" in page
    assert "0 of 1" in page
    listed = text(signer.get("/checklists/schedules/"))
    assert "2026-Q3" in listed
    assert "Missed" in listed
    missed = schedule.runs.get(period="2026-04-01")
    run = text(signer.get(missed.get_absolute_url()))
    assert "Missed, by its schedule" in run
    assert "quarterly on day 1 of the month" in run
    assert "Missed, by its schedule on 2026-07-01." in text(signer.get(f"{missed.get_absolute_url()}export.md"))
    assert "Missed, by its schedule" in text(signer.get(f"{missed.get_absolute_url()}print/"))
    assert "Missed" in text(signer.get("/checklists/?closed=1"))


@pytest.mark.parametrize("more", [0, 5])
def test_the_statements_of_the_list_do_not_grow_with_schedules(
    signer: Client, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_schedule()
    for number in range(more):
        make_schedule(subject=f"{number} {{period}}")
    open_due_runs(Q2)
    signer.get("/checklists/schedules/")
    with django_assert_num_queries(10):
        signer.get("/checklists/schedules/")


def test_closing_a_finished_run_of_a_schedule_says_that_its_signatures_hold_on(signer: Client) -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    run = schedule.runs.get()
    builders.act(run, builders.item(run, "REVIEWED"))
    address = f"{run.get_absolute_url()}close/"
    assert "counts until its signatures expire" in text(signer.get(address))
    assert "Closed as finished; its signatures count" in text(signer.post(address, follow=True))
    run.refresh_from_db()
    assert (run.outcome, run.closed_by) == (Run.Outcome.FINISHED, User.objects.get(username="dan"))
    assert "Finished, by dan" in text(signer.get(run.get_absolute_url()))


def test_without_a_checklist_the_form_says_what_to_do(signer: Client) -> None:
    assert "There is nothing to repeat yet" in text(signer.get(NEW))
    assert "No checklist repeats" in text(signer.get("/checklists/schedules/"))
