"""Runs over the API: started, filtered, closed; items left out, waived and taken back, one by one or several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, ItemDependency, Run, SignOff
from bootstrap.checklists.schedules.open_due import open_due_runs
from opsconsole.accounts.models import Owner, User
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, make_schedule
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/checklists/"


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    token = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=token)
    return run


def send(client: Client, address: str, **body: Any) -> Any:
    return client.post(f"{RUNS}{address}", body, content_type="application/json")


def act(client: Client, run: Run, key: str, what: str, **body: Any) -> Any:
    return send(client, f"{run.pk}/items/{Item.objects.get(key=key).pk}/{what}/", **body)


def in_days(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def start(client: Client, **body: Any) -> Any:
    return send(client, "", **{"checklist": "setup", "environment": "demo/prod", **body})


def test_a_run_is_started_once(writer: Client, run: Run) -> None:
    made = start(writer, subject="v12")
    assert (made.status_code, made.json()["subject"], made.json()["outcome"], made.json()["seen"]) == (
        201,
        "v12",
        "",
        0,
    )
    again = start(writer, subject=" v12 ")
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert Run.objects.get(subject="v12").started_by == User.objects.get(username="ada")


def test_a_run_is_started_with_its_owner_and_due_date(writer: Client, run: Run) -> None:
    Owner.objects.create(name="platform")
    made = start(writer, subject="v12", owner="platform", due_on=in_days(3))
    assert (made.status_code, made.json()["owner"], made.json()["due_on"]) == (201, "platform", in_days(3))
    again = start(writer, subject="v12", owner="ada", due_on=in_days(5))
    assert (again.status_code, again.json()["owner"], again.json()["due_on"]) == (200, "platform", in_days(3))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"subject": "v12", "owner": "nobody here"}, 422, "Nobody is called “nobody here”"),
        ({"subject": "v12", "due_on": "2020-01-01"}, 422, "The due date has to be a day from"),
        ({"subject": "v12", "due_on": "soon"}, 422, "due_on"),
        ({"checklist": "setop"}, 404, "Did you mean setup?"),
        ({"environment": "demo/prd"}, 404, "Did you mean demo/prod?"),
        ({"environment": "other/prod"}, 422, "a checklist of another system than other/prod"),
        ({"subject": "x" * 301}, 422, "subject"),
        ({"sujbect": "v12"}, 422, "there is no such field"),
    ],
)
def test_what_cannot_be_started_is_named(writer: Client, run: Run, body: Any, status: int, said: str) -> None:
    builders.environment("prod", "other")
    answer = start(writer, **body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert Run.objects.count() == 1


def test_a_checklist_without_a_version_and_a_review_without_a_subject(writer: Client, run: Run) -> None:
    Checklist.objects.update(kind="review")
    assert "say which pull request" in start(writer).json()["detail"]
    bare = Checklist.objects.create(slug="bare", title="Bare", system=run.environment.system)
    assert bare.versions.count() == 0
    assert start(writer, checklist="bare").status_code == 409


def test_runs_are_filtered(reader: Client, run: Run) -> None:
    staging = builders.run(builders.environment("staging"))
    Run.objects.filter(pk=staging.pk).update(closed_at=clock.now(), outcome="closed", subject="v12")
    found = {
        query: [each["id"] for each in reader.get(f"{RUNS}?{query}").json()["items"]]
        for query in (
            "environment=demo/prod",
            "status=closed",
            "status=open",
            "outcome=closed",
            "subject=v12",
        )
    }
    assert found == {
        "environment=demo/prod": [run.pk],
        "status=closed": [staging.pk],
        "status=open": [run.pk],
        "outcome=closed": [staging.pk],
        "subject=v12": [staging.pk],
    }
    assert reader.get(f"{RUNS}?environment=demo").status_code == 422
    assert reader.get(f"{RUNS}?checklist=nope").status_code == 422
    assert reader.get(f"{RUNS}?outcome=lost").status_code == 422


def test_an_item_is_left_out_and_taken_back(writer: Client, run: Run) -> None:
    left = act(writer, run, "FLAG_MAIL", "not_applicable", note="no mail here", seen=0)
    assert (left.status_code, left.json()["state"], left.json()["note"]) == (200, "not_applicable", "no mail here")
    assert act(writer, run, "FLAG_MAIL", "not_applicable", note="no mail here").status_code == 200
    assert SignOff.objects.count() == 1
    back = act(writer, run, "FLAG_MAIL", "take_back", seen=1)
    assert (back.status_code, back.json()["state"], back.json()["seen"]) == (200, "blocked", 2)
    nothing = act(writer, run, "FLAG_MAIL", "take_back")
    assert (nothing.status_code, nothing.json()["detail"]) == (409, "FLAG_MAIL is not signed.")


@pytest.mark.parametrize(
    ("days", "note", "said"),
    [(0, "later", "review date"), (400, "later", "review date"), (30, " ", "say why it may wait")],
)
def test_a_waiver_has_the_refusals_of_the_page(writer: Client, run: Run, days: int, note: str, said: str) -> None:
    refused = act(writer, run, "MAIL_TOKEN", "waive", note=note, review_by=in_days(days))
    assert refused.status_code == 422
    assert said in refused.json()["detail"]
    assert not SignOff.objects.exists()


def test_a_waiver_is_given_and_renewed(writer: Client, run: Run) -> None:
    given = act(writer, run, "MAIL_TOKEN", "waive", note="the provider is away", review_by=in_days(30), seen=0)
    assert (given.status_code, given.json()["state"], given.json()["review_by"]) == (200, "waived", in_days(30))
    assert act(writer, run, "MAIL_TOKEN", "waive", note="still", review_by=in_days(60), seen=1).status_code == 200
    stale = act(writer, run, "MAIL_TOKEN", "waive", note="again", review_by=in_days(90), seen=1)
    assert (stale.status_code, stale.json()["seen"], stale.json()["key"]) == (409, 2, "MAIL_TOKEN")
    secret = act(writer, run, "MAIL_TOKEN", "waive", note="password=hunter2hunter2", review_by=in_days(9))
    assert secret.status_code == 422


def test_what_another_did_is_not_done_over(writer: Client, run: Run) -> None:
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), by="bob")
    for what, more in (("not_applicable", {}), ("waive", {"review_by": in_days(5)})):
        refused = act(writer, run, "MAIL_TOKEN", what, note="x", **more)
        assert (refused.status_code, refused.json()["signed_by"]) == (409, "bob")


def test_a_run_is_closed_as_it_was_seen(writer: Client, run: Run) -> None:
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), by="bob")
    stale = send(writer, f"{run.pk}/close/", seen=0)
    assert (stale.status_code, stale.json()["seen"]) == (409, 1)
    assert "has 1 acts where 0 were seen" in stale.json()["detail"]
    closed = send(writer, f"{run.pk}/close/", seen=1)
    assert (closed.status_code, closed.json()["outcome"]) == (200, "closed")
    assert writer.post(f"{RUNS}{run.pk}/close/").status_code == 200
    Run.objects.update(closed_by=builders.person("bob"))
    other = writer.post(f"{RUNS}{run.pk}/close/")
    assert (other.status_code, other.json()["outcome"]) == (409, "closed")
    assert act(writer, run, "FLAG_MAIL", "not_applicable", note="x").status_code == 409


def test_several_acts_are_done_one_by_one(writer: Client, run: Run) -> None:
    builders.item(run, "failover", two_person=True)
    ids = {item.key: item.pk for item in Item.objects.all()}
    answer: Any = send(
        writer,
        f"{run.pk}/acts/",
        acts=[
            {"item": ids["FLAG_MAIL"], "act": "sign"},  # waits for the next one
            {"item": ids["MAIL_TOKEN"], "act": "sign", "note": "set", "seen": 0},
            {"item": ids["FLAG_MAIL"], "act": "sign"},
            {"item": ids["failover"], "act": "sign"},
            {"item": ids["failover"], "act": "waive", "note": "no second region", "review_by": in_days(30)},
            {"item": 999_999, "act": "sign"},
        ],
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [each["done"] for each in results] == [False, True, True, False, True, False]
    assert results[0]["refusal"] == "FLAG_MAIL waits for MAIL_TOKEN."
    assert "needs two people" in results[3]["refusal"]
    assert [each["state"] for each in answer.json()["items"]] == ["done", "done", "waived"]


def acts_on(client: Client, run: Run, *acts: dict[str, Any]) -> Any:
    return send(client, f"{run.pk}/acts/", acts=list(acts))


def test_one_of_several_acts_takes_a_link_and_an_open_item_is_taken_back_already(writer: Client, run: Run) -> None:
    drawing = builders.item(run, "drawing", evidence_required=True, evidence_kind="link")
    sign: dict[str, Any] = {"item": drawing.pk, "act": "sign"}
    back: dict[str, Any] = {"item": drawing.pk, "act": "take_back"}
    linked = {**sign, "link": "https://wiki.example.com/drawing"}
    results = acts_on(writer, run, back, sign, linked, back, back).json()["results"]
    assert [each["done"] for each in results] == [True, False, True, True, True]
    assert "a link to evidence" in results[1]["refusal"]
    assert [act.act for act in SignOff.objects.order_by("pk")] == ["done", "undone"]
    assert SignOff.objects.earliest("pk").evidence == {"link": "https://wiki.example.com/drawing"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"act": "waive", "answer": "yes"}, "answer belongs to the act sign only"),
        ({"act": "take_back", "link": "https://example.com/"}, "link belongs to the act sign only"),
        ({"act": "not_applicable", "review_by": "2026-12-01"}, "review_by belongs to the act waive only"),
        ({"act": "sign", "link": "javascript:alert(1)"}, "link"),
        ({"act": "delete"}, "take_back"),
    ],
)
def test_what_an_act_has_no_use_for_is_named(writer: Client, run: Run, more: dict[str, Any], said: str) -> None:
    good = {"item": Item.objects.get(key="MAIL_TOKEN").pk, "act": "sign"}
    refused = acts_on(writer, run, good, {"item": good["item"], **more})
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert said in refused.json()["detail"]
    assert not SignOff.objects.exists()


def test_who_may_not(reader: Client, with_token: Callable[..., Client], run: Run) -> None:
    viewer = with_token("write", by=make_viewer("eve"))
    item = Item.objects.get(key="MAIL_TOKEN").pk
    for client in (reader, viewer):
        assert start(client, subject="new").status_code == 403
        assert send(client, f"{run.pk}/close/").status_code == 403
        assert send(client, f"{run.pk}/acts/", acts=[{"item": item, "act": "sign"}]).status_code == 403
        for what in ("not_applicable", "take_back"):
            assert act(client, run, "MAIL_TOKEN", what, note="x").status_code == 403
        assert act(client, run, "MAIL_TOKEN", "waive", note="x", review_by=in_days(5)).status_code == 403
    assert not SignOff.objects.exists()
    assert Run.objects.filter(closed_at=None).count() == 1


def test_nothing_there_and_nothing_understood(writer: Client, run: Run) -> None:
    assert send(writer, "999/close/").status_code == 404
    assert send(writer, f"{run.pk}/items/999/waive/", note="x", review_by=in_days(5)).status_code == 404
    assert send(writer, f"{run.pk}/acts/", acts=[]).status_code == 422
    assert act(writer, run, "MAIL_TOKEN", "waive", note="x", review_by="soon").status_code == 422
    assert act(writer, run, "MAIL_TOKEN", "not_applicable", note="x\0").status_code == 422
    assert act(writer, run, "MAIL_TOKEN", "not_applicable", note="x", until="y").status_code == 422


def test_schedules_with_what_is_open_and_how_the_last_one_went(
    reader: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    builders.item(schedule.runs.get(), "REVIEWED")
    open_due_runs(Q3)
    with django_assert_num_queries(8):
        answer = reader.get(f"{RUNS}schedules/").json()
    (found,) = answer["items"]
    assert (found["checklist"], found["environment"], found["unit"], found["at"]) == (
        "setup",
        "demo/prod",
        "quarter",
        "09:00",
    )
    assert found["open_run"] == schedule.runs.get(period="2026-07-01").pk
    assert (found["last_outcome"], found["problem"]) == ("missed", "")
    missed = reader.get(f"{RUNS}?schedule={schedule.pk}&outcome=missed").json()["items"]
    assert [each["period"] for each in missed] == ["2026-04-01"]
    assert ChecklistVersion.objects.count() == 1
