"""Owners and due dates over the API: set, left, taken away; seen in runs; refused with what is allowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.checklists.models import Item, Run, RunPlan
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.bootstrap import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    builders.item(run, "A")
    return run


@pytest.fixture
def writer() -> Client:
    _, text = tokens.create(User.objects.create_superuser("ada"), "ci", ApiToken.Scope.WRITE)
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client: Client, run: Run, body: Any, item: int | None = None) -> tuple[int, dict[str, Any]]:
    place = f"items/{item}/plan/" if item else "plan/"
    answer = client.post(f"/api/v1/checklists/{run.pk}/{place}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_fields_that_are_left_out_stay_and_null_takes_away(run: Run, writer: Client) -> None:
    soon, item = str(clock.now().date() + timedelta(days=3)), Item.objects.get().pk
    assert post(writer, run, {"owner": "ada", "due_on": soon}, item) == (
        200,
        {"owner": "ada", "due_on": soon, "set_by": "ada (token ci)", "seen": 1},
    )
    assert post(writer, run, {"due_on": None, "seen": 1}, item)[1]["owner"] == "ada"
    assert post(writer, run, {"owner": None}, item)[1] == {
        "owner": None,
        "due_on": None,
        "set_by": "ada (token ci)",
        "seen": 3,
    }


def test_a_run_shows_them(run: Run, writer: Client) -> None:
    soon = str(clock.now().date())
    post(writer, run, {"owner": "ada", "due_on": soon})
    shown = writer.get(f"/api/v1/checklists/{run.pk}/").json()
    assert (shown["owner"], shown["due_on"], shown["overdue"]) == ("ada", soon, False)
    (item,) = shown["items"]
    assert (item["owner"], item["due_on"], item["overdue"]) == ("ada", None, False)
    RunPlan.objects.update(due_on="2020-01-01")
    (listed,) = writer.get("/api/v1/checklists/").json()["items"]
    assert (listed["due_on"], listed["overdue"]) == ("2020-01-01", True)
    assert writer.get("/api/v1/environments/").json()["items"][0]["checklists"][0]["overdue"] is True


def test_refusals_name_what_is_allowed(run: Run, writer: Client) -> None:
    post(writer, run, {"owner": "ada"})
    for body, status, words in [
        ({"owner": "moon"}, 422, "name an owner or a user"),
        ({"due_on": "2001-01-01"}, 422, "has to be a day from"),
        ({}, 422, "Nothing was given"),
        ({"due": "2030-01-01"}, 422, ""),
        ({"owner": "ada", "seen": 0}, 409, "ada (token ci) has set it meanwhile"),
    ]:
        answer = post(writer, run, body)
        assert (answer[0], words in answer[1]["detail"]) == (status, True), answer
    Run.objects.update(closed_at=clock.now())
    assert post(writer, run, {"owner": None})[0] == 409
    assert post(writer, run, {"owner": None}, 999999)[0] == 404
